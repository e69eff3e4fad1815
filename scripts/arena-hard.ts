// Makes native captures of LMArena's Arena-Hard v0.1 (https://github.com/lmarena/arena-hard-auto,
// Apache-2.0): its questions as requests, and one file of answers for each model. The first model is
// taken for production.
//
//   npx node scripts/arena-hard.ts question.jsonl gpt-4-0613.jsonl gpt-3.5-turbo-0125.jsonl > arena.jsonl
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const question = z.object({ uid: z.string(), cluster: z.string(), prompt: z.string() });

const answer = z.object({
  uid: z.string(),
  ans_id: z.string(),
  model: z.string(),
  messages: z.tuple([
    z.object({ role: z.literal('user'), content: z.string() }),
    z.object({ role: z.literal('assistant'), content: z.object({ answer: z.string() }) }),
  ]),
  tstamp: z.number(),
});

type RecordedAnswer = z.infer<typeof answer>;

const readJsonLines = async <T>(file: string, schema: z.ZodType<T>): Promise<T[]> => {
  const records: T[] = [];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (line.trim() !== '') records.push(schema.parse(JSON.parse(line)));
  }
  return records;
};

/** The files hold neither a finish reason nor token counts, so that both stay unknown. */
const completion = ({ ans_id, model, tstamp, messages }: RecordedAnswer) => ({
  id: ans_id,
  object: 'chat.completion',
  created: Math.trunc(tstamp),
  model,
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: messages[1].content.answer },
      finish_reason: null,
    },
  ],
});

const [questionFile, ...answerFiles] = process.argv.slice(2);
if (questionFile === undefined || answerFiles.length === 0) {
  process.stderr.write('usage: node scripts/arena-hard.ts question.jsonl ANSWERS.jsonl…\n');
  process.exit(2);
}
const answersByUid = new Map<string, RecordedAnswer[]>();
for (const file of answerFiles) {
  for (const record of await readJsonLines(file, answer)) {
    answersByUid.set(record.uid, [...(answersByUid.get(record.uid) ?? []), record]);
  }
}
for (const { uid, cluster, prompt } of await readJsonLines(questionFile, question)) {
  const [production, ...others] = answersByUid.get(uid) ?? [];
  const capture = {
    id: uid,
    endpoint: 'arena-hard',
    request: {
      ...(production === undefined ? {} : { model: production.model }),
      messages: [{ role: 'user', content: prompt }],
    },
    ...(production === undefined ? {} : { response: completion(production) }),
    responses: Object.fromEntries(others.map((other) => [other.model, completion(other)])),
    metadata: { cluster },
  };
  process.stdout.write(`${JSON.stringify(capture)}\n`);
}
