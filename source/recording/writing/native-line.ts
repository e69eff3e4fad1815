import type { Capture } from '../../traffic/capture.ts';

/** A capture as a line of the native format, with its line feed; reading it gives the same capture. */
export const nativeLine = (capture: Capture): string => {
  const recorded = capture.recorded.find(({ production }) => production);
  const line = {
    id: capture.id,
    endpoint: capture.endpoint,
    ...(capture.timestamp === null ? {} : { timestamp: capture.timestamp }),
    request: capture.request,
    ...(recorded === undefined
      ? {}
      : {
          response: recorded.body,
          ...(recorded.totalMs === null ? {} : { latencyMs: recorded.totalMs }),
          ...(recorded.timeToFirstTokenMs === null
            ? {}
            : { timeToFirstTokenMs: recorded.timeToFirstTokenMs }),
        }),
    ...(capture.metadata === null ? {} : { metadata: capture.metadata }),
  };
  return `${JSON.stringify(line)}\n`;
};
