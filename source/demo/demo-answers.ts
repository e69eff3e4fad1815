import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  canonicalJson,
  isJsonObject,
  objectOrEmpty,
  objectsIn,
  parseJson,
  type JsonObject,
  type JsonValue,
} from '../text/json.ts';
import type { DemoModel } from '../money/simulated-models.ts';
import { findTicket, incumbentRules, newcomerRules, type TicketRules } from './ticket-rules.ts';

/** The bundled traffic in the native capture format; data/demo/README.md names its sources. */
export const demoTrafficFile = (): string => packageFile('data/demo/traffic.jsonl');

/** The real model whose recorded answers each demo model serves. */
const recordedModels: Readonly<Record<DemoModel, string>> = {
  incumbent: 'gpt-4-0613',
  newcomer: 'gpt-3.5-turbo-0125',
};

const ticketRules: Readonly<Record<DemoModel, TicketRules>> = {
  incumbent: incumbentRules,
  newcomer: newcomerRules,
};

/** The text of each recorded answer by the canonical JSON of the messages and the recorded model's name. */
export type DemoRecordings = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Reads the recorded answers in a file of native captures. Rejects if it cannot be read. */
export const readDemoRecordings = async (file: string): Promise<DemoRecordings> => {
  const recordings = new Map<string, ReadonlyMap<string, string>>();
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const { request, responses } = objectOrEmpty(parseJson(line));
    if (!isJsonObject(request) || !isJsonObject(responses)) continue;
    const answers = new Map<string, string>();
    for (const [model, completion] of Object.entries(responses)) {
      const text = completionText(completion);
      if (text !== null) answers.set(model, text);
    }
    recordings.set(canonicalJson(request['messages'] ?? null), answers);
  }
  return recordings;
};

const completionText = (completion: JsonValue): string | null => {
  const [choice] = objectsIn(objectOrEmpty(completion)['choices']);
  const { content } = objectOrEmpty(choice?.['message']);
  return typeof content === 'string' ? content : null;
};

/** An answer and its origin: `gpt-4-0613 (recorded)`, `ticket-rules-a (computed)`, … */
export type DemoAnswer = { readonly text: string; readonly model: string };

/**
 * A demo model's answer to a conversation: computed by rules for a ticket, recorded for a conversation
 * that was recorded. Null for any other, because nothing here can make one up.
 */
export const demoAnswer = (
  recordings: DemoRecordings,
  model: DemoModel,
  messages: readonly JsonObject[],
): DemoAnswer | null => {
  const ticket = findTicket(messages);
  if (ticket !== null) {
    const rules = ticketRules[model];
    return { text: rules.answer(ticket), model: rules.model };
  }
  const recorded = recordedModels[model];
  const text = recordings.get(canonicalJson(messages))?.get(recorded);
  return text === undefined ? null : { text, model: `${recorded} (recorded)` };
};

let root: string | null = null;

/**
 * The absolute path of a file that ships with the program, given from the root of the package
 * (`data/demo/traffic.jsonl`). Works from the source, where this module is two folders deep, and from the
 * bundle, where it is one folder deep. Does not check that the file exists.
 */
export const packageFile = (path: string): string => {
  root ??= findRoot(dirname(fileURLToPath(import.meta.url)));
  return join(root, path);
};

const findRoot = (folder: string): string => {
  const manifest = join(folder, 'package.json');
  if (existsSync(manifest)) {
    const { name } = objectOrEmpty(parseJson(readFileSync(manifest, 'utf8')));
    if (name === 'understudy') return folder;
  }
  const parent = dirname(folder);
  if (parent === folder) throw new Error('No package.json of understudy above this module.');
  return findRoot(parent);
};
