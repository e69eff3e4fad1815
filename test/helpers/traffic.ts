import { writeFile } from 'node:fs/promises';

/** A native capture as a line of a file. */
export type TrafficLine = {
  readonly id: string;
  readonly endpoint: string;
  readonly timestamp?: string;
  readonly request: {
    readonly model: string;
    readonly messages: readonly { readonly role: string; readonly content: string }[];
    readonly max_tokens?: number;
    readonly user?: string;
  };
  readonly response?: object;
  readonly responses?: Readonly<Record<string, object>>;
  readonly latencyMs?: number;
  readonly metadata?: Readonly<Record<string, unknown>>;
};

/** An answer as recordings hold it. */
export const completion = (text: string, outputTokens: number | null = null): object => ({
  object: 'chat.completion',
  model: 'gpt-4o',
  choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
  ...(outputTokens === null
    ? {}
    : {
        usage: {
          prompt_tokens: 9,
          completion_tokens: outputTokens,
          total_tokens: 9 + outputTokens,
        },
      }),
});

/**
 * Captures of three endpoints over 20 days of November 2026 in conversations of two, answered by the
 * recorded models `first` and `second`; every tenth has no timestamp.
 */
export const trafficLines = (count: number): readonly TrafficLine[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `r${index}`,
    endpoint: ['classify_ticket', 'classify_mail', 'reply'][index % 3] ?? '',
    ...(index % 10 === 9
      ? {}
      : { timestamp: `2026-11-${String((index % 20) + 1).padStart(2, '0')}T08:15:00Z` }),
    request: { model: 'gpt-4o', messages: [{ role: 'user', content: `Question ${index}?` }] },
    responses: { first: completion(`Answer ${index}`), second: completion(`Answer ${index}`) },
    metadata: {
      conversation: `k${Math.floor(index / 2)}`,
      tier: index % 4 === 0 ? 'gold' : 'free',
      turns: index % 7,
    },
  }));

/** Writes captures to a file of JSON Lines. */
export const writeTraffic = (file: string, lines: readonly TrafficLine[]): Promise<void> =>
  writeFile(file, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
