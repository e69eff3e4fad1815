import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { JsonObject, JsonValue } from '../../text/json.ts';
import { canonicalJson, isJsonObject } from '../../text/json.ts';
import { packageFile } from '../../text/package-file.ts';
import type { DemoModel } from '../../money/simulated-models.ts';

/** The bundled traffic in the native capture format; data/demo/README.md says where it is from. */
export const demoTrafficFile = (): string => packageFile('data/demo/traffic.jsonl');

/** Whose recorded answers each demo model serves. */
export const recordedAs: Readonly<Record<DemoModel, string>> = {
  incumbent: 'gpt-4-0613',
  newcomer: 'gpt-3.5-turbo-0125',
};

/** Recorded answers: the canonical JSON of the messages → the recorded model's name → its text. */
export type Recordings = ReadonlyMap<string, ReadonlyMap<string, string>>;

export const conversationKey = (messages: readonly JsonObject[]): string => canonicalJson(messages);

/** Reads the recorded answers out of a file of native captures. Rejects when it cannot be read. */
export const readRecordings = async (file: string): Promise<Recordings> => {
  const recordings = new Map<string, ReadonlyMap<string, string>>();
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const capture: unknown = JSON.parse(line);
    if (!isJsonObject(capture)) continue;
    const { request, responses } = capture;
    if (!isJsonObject(request) || !isJsonObject(responses)) continue;
    const answers = new Map<string, string>();
    for (const [model, completion] of Object.entries(responses)) {
      const text = contentOf(completion);
      if (text !== null) answers.set(model, text);
    }
    recordings.set(canonicalJson(request['messages'] ?? null), answers);
  }
  return recordings;
};

const contentOf = (completion: JsonValue): string | null => {
  if (!isJsonObject(completion) || !Array.isArray(completion['choices'])) return null;
  const [choice] = completion['choices'] as readonly JsonValue[];
  if (!isJsonObject(choice) || !isJsonObject(choice['message'])) return null;
  const { content } = choice['message'];
  return typeof content === 'string' ? content : null;
};
