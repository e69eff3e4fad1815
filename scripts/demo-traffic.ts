// Builds data/demo/traffic.jsonl, the traffic of the demo, from public sources. data/demo/README.md
// says where they are and under which licences.
//
//   node scripts/demo-traffic.ts ARENA_FOLDER BANKING77_TEST_CSV
//
// ARENA_FOLDER holds question.jsonl, gpt-4-0613.jsonl and gpt-3.5-turbo-0125.jsonl of Arena-Hard v0.1.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TicketTask } from '../source/demo/ticket-rules.ts';
import { ticketPrompts } from '../source/demo/ticket-rules.ts';
import type { JsonObject } from '../source/text/json.ts';
import { packageFile } from '../source/demo/demo-answers.ts';

/** First letters of the ids of the chosen questions: short and long, prose, code, sums, refusals. */
/* prettier-ignore */
const chosenQuestions = [
  '328c149e', '3f85bf93', 'fae4f754', '31615ee9', 'face6a55', 'ec7f8d66', 'f4c8b624', '26a29141',
  '4daa7766', '7833a736', 'bab12578', 'd65ce5eb', 'bc9b7e1e', '4e5a75c6', '6225fbb8', '795604',
  'fcbd40', 'f8986f0b', '91a347c8', 'cdc88015', '38506f6f', 'bc59fa59', '1d725bee', '8bf2bb5a',
  '2f5d4521', '7e1605ae', 'd8ac4f1e', 'e53db29f', '70e8424e', '7c96ae25', '80654f6d', '19b6083e',
  '62c7ca7b', 'b73a766a', '4519accc', '587d30f2', 'fbe1b0cc', 'bc56550b',
];

const recordedModels = ['gpt-4-0613', 'gpt-3.5-turbo-0125'];

type Question = { readonly uid: string; readonly cluster: string; readonly prompt: string };

type RecordedAnswer = {
  readonly uid: string;
  readonly tstamp: number;
  readonly messages: readonly [unknown, { readonly content: { readonly answer: string } }];
};

const readJsonLines = async <Line>(file: string): Promise<readonly Line[]> =>
  (await readFile(file, 'utf8'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

/** Finish reason and usage were not recorded, so they are null and absent. */
const completion = (model: string, { tstamp, messages }: RecordedAnswer): JsonObject => ({
  object: 'chat.completion',
  created: Math.floor(tstamp),
  model,
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: messages[1].content.answer },
      finish_reason: null,
    },
  ],
});

const arenaCaptures = async (folder: string): Promise<readonly JsonObject[]> => {
  const questions = await readJsonLines<Question>(join(folder, 'question.jsonl'));
  const answers = await Promise.all(
    recordedModels.map(async (model) => ({
      model,
      lines: await readJsonLines<RecordedAnswer>(join(folder, `${model}.jsonl`)),
    })),
  );
  return chosenQuestions.map((start) => {
    const question = questions.find(({ uid }) => uid.startsWith(start));
    if (question === undefined) throw new Error(`question.jsonl has no question ${start}.`);
    const responses = answers.map(({ model, lines }) => {
      const line = lines.find(({ uid }) => uid === question.uid);
      if (line === undefined) throw new Error(`${model}.jsonl has no answer to ${start}.`);
      return [model, completion(model, line)] as const;
    });
    return {
      id: `arena-${question.uid.slice(0, 8)}`,
      endpoint: 'arena_hard',
      request: { model: 'incumbent', messages: [{ role: 'user', content: question.prompt }] },
      responses: Object.fromEntries(responses),
      metadata: { source: 'arena-hard-v0.1', uid: question.uid, topic: question.cluster },
    };
  });
};

const ticketCapture = (
  id: string,
  task: TicketTask,
  ticket: string,
  metadata: JsonObject,
): JsonObject => ({
  id,
  endpoint: task,
  request: {
    model: 'incumbent',
    messages: [
      { role: 'system', content: ticketPrompts[task] },
      { role: 'user', content: ticket },
    ],
    response_format: { type: 'json_object' },
    temperature: 0,
  },
  metadata,
});

type Query = { readonly text: string; readonly intent: string };

/** The queries of the CSV file: two columns, a field with commas or line ends in double quotes. */
const readQueries = async (file: string): Promise<readonly Query[]> => {
  const row = /^(?:"((?:[^"]|"")*)"|([^",\n]*)),([^",\n]+)$/gm;
  const [, ...rows] = [...(await readFile(file, 'utf8')).replaceAll('\r', '').matchAll(row)];
  return rows.map(([, quoted, plain = '', intent = '']) => ({
    text: (quoted?.replaceAll('""', '"') ?? plain).trim(),
    intent,
  }));
};

/** One ticket of every intent to classify, and every other ticket that holds a number to extract. */
const englishTickets = (queries: readonly Query[]): readonly JsonObject[] => {
  const intents = new Set(queries.map(({ intent }) => intent));
  const classified = [...intents].map((name) => queries.filter(({ intent }) => intent === name)[4]);
  const extracted = queries
    .filter(({ text }) => /\d/.test(text))
    .filter((_, index) => index % 2 === 0);
  const capture = (task: TicketTask, prefix: string) => (query: Query | undefined, index: number) =>
    ticketCapture(`${prefix}-${String(index + 1).padStart(3, '0')}`, task, query?.text ?? '', {
      source: 'banking77',
      intent: query?.intent ?? '',
    });
  return [
    ...classified.map(capture('classify_ticket', 'ticket-en')),
    ...extracted.map(capture('extract_fields', 'fields-en')),
  ];
};

const chineseTickets = async (): Promise<readonly JsonObject[]> => {
  const lines = (await readFile(packageFile('data/demo/chinese-tickets.tsv'), 'utf8'))
    .trim()
    .split('\n');
  const numbers = { classify_ticket: 0, extract_fields: 0 };
  return lines.map((line) => {
    const [task, text] = line.split('\t') as [TicketTask, string];
    const prefix = task === 'classify_ticket' ? 'ticket-zh' : 'fields-zh';
    const number = String(++numbers[task]).padStart(3, '0');
    return ticketCapture(`${prefix}-${number}`, task, text, { source: 'written for the demo' });
  });
};

const [arenaFolder, bankingFile] = process.argv.slice(2);
if (arenaFolder === undefined || bankingFile === undefined) {
  throw new Error('Usage: node scripts/demo-traffic.ts ARENA_FOLDER BANKING77_TEST_CSV');
}
const captures = [
  ...englishTickets(await readQueries(bankingFile)),
  ...(await chineseTickets()),
  ...(await arenaCaptures(arenaFolder)),
];
const target = packageFile('data/demo/traffic.jsonl');
await writeFile(target, captures.map((capture) => `${JSON.stringify(capture)}\n`).join(''));
console.log(`${captures.length} captures written to ${target}`);
