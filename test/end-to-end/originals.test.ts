import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { runInPipe } from '../commands/program.ts';
import { completion, startUpstream, type Arrived } from '../helpers/recording-proxy.ts';
import { openScene, type Scene } from '../helpers/scene.ts';

let scene: Scene;
let wrongKey = false;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

const mail = 'bob@example.com';
const card = '4111 1111 1111 1111';
/** Only the word before it makes it a phone number. */
const number = '415 555 0123';
const key = '-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----';
const secrets = [mail, card, number, '4155550123', 'MIIEowIBAAKCAQEA'];

const content = `Mail ${mail}, card ${card}, phone: ${number}, key ${key}`;
const request = { model: 'm', messages: [{ role: 'user', content }] };
const plain = { model: 'm', messages: [{ role: 'user', content: 'Nothing to hide' }] };

const lines = (...requests: readonly unknown[]): string =>
  requests.map((one) => `${JSON.stringify({ request: one })}\n`).join('');

/** Returns the secrets that occur in the files of the store, including its log. */
const found = async (): Promise<readonly string[]> => {
  const parts = ['understudy.db', 'understudy.db-wal', 'understudy.db-shm'].filter((name) =>
    existsSync(scene.path(name)),
  );
  const bytes = Buffer.concat(await Promise.all(parts.map((name) => readFile(scene.path(name)))));
  return secrets.filter((secret) => bytes.indexOf(secret) !== -1);
};

const contentOf = ({ body }: Arrived): unknown =>
  (JSON.parse(body.toString()) as typeof request).messages[0]?.content;

/** The first connection is made ready with a request of another kind. */
const isCall = ({ body }: Arrived): boolean => body.length > 0;

const modelOf = ({ body }: Arrived): unknown =>
  (JSON.parse(body.toString()) as typeof request).model;

/** Says again what it was asked, as text and in the call of a tool; one model refuses in those words. */
const startEcho = async (seen: string[][] = []) => {
  const upstream = await startUpstream(async (response, one) => {
    if (!isCall(one)) {
      response.end();
      return;
    }
    seen.push([...(await found())]);
    if (wrongKey) {
      response.statusCode = 401;
      response.end('{"error": {"message": "wrong key"}}');
      return;
    }
    const asked = String(contentOf(one));
    response.setHeader('content-type', 'application/json');
    if (modelOf(one) === 'refuses') {
      response.statusCode = 400;
      response.end(JSON.stringify({ error: { message: `I do not take ${asked}` } }));
      return;
    }
    const call = {
      name: 'note',
      arguments: JSON.stringify({ asked, bare: asked === content ? '4155550123' : '' }),
    };
    const said = asked === content ? `I call ${number}. You said: ${asked}` : asked;
    const { choices, ...rest } = completion(said);
    const [choice] = choices;
    const message = {
      ...choice?.message,
      reasoning_content: asked,
      tool_calls: [{ id: 'c1', type: 'function', function: call }],
    };
    response.end(JSON.stringify({ ...rest, choices: [{ ...choice, message }] }));
  });
  onTestFinished(() => upstream.close());
  return {
    arrived: upstream.arrived,
    models: [
      `--baseline=${upstream.origin}/v1#one`,
      `--candidate=${upstream.origin}/v1#two`,
      `--candidate=${upstream.origin}/v1#refuses`,
    ],
  };
};

describe('--send original', () => {
  it('sends the values that the files have, and nothing of them is written or shown', async () => {
    await writeFile(scene.path('traffic.jsonl'), lines(request, plain));
    const seen: string[][] = [];
    const { arrived, models } = await startEcho(seen);
    const run = await scene.run(['replay', 'traffic.jsonl', ...models, '--send', 'original']);
    expect(run.stderr).toContain(
      '1 capture is redacted: the original values from the files are sent, and removed from the answers.',
    );
    expect(
      arrived
        .filter(isCall)
        .map(contentOf)
        .filter((sent) => sent === content).length,
    ).toBe(3);
    expect(
      arrived
        .filter(isCall)
        .map(contentOf)
        .filter((sent) => sent !== content),
    ).toEqual(['one', 'two', 'refuses'].map(() => 'Nothing to hide'));
    expect(await found()).toEqual([]);
    expect(seen.flat()).toEqual([]);
    for (const secret of secrets) expect(run.stdout + run.stderr).not.toContain(secret);
    const rows = scene.rows(
      `select originals, body.text as answer from response join body on body.number = answer_body
       where side = 'baseline' and reused = 0 order by originals`,
    );
    expect(rows.map((row) => row['originals'])).toEqual([0, 4]);
    expect(String(rows[1]?.['answer'])).toMatch(/I call \[phone:\w+\]\. You said: Mail \[email:/);
    const [failed] = scene.rows(`select message from attempt where message like '%card%'`);
    expect(failed?.['message']).toMatch(/I do not take Mail \[email:\w+\], card \[card:\w+\]/);
    const outcome = scene.rows(`select outcome from outcome`);
    expect(outcome.map((row) => row['outcome'])).toEqual(['identical', 'identical']);
  });

  it('reads them from standard input as from a file', async () => {
    await writeFile(scene.path('traffic.jsonl'), lines(request));
    const { arrived, models } = await startEcho();
    const argv = ['replay', '-', ...models.slice(0, 2), '--send', 'original'];
    const run = await runInPipe(scene.directory, 'cat traffic.jsonl', argv);
    expect(run.code).toBe(0);
    expect(arrived.filter(isCall).map(contentOf)).toEqual([content, content]);
    expect(await found()).toEqual([]);
  });

  it('is not mixed with placeholders, within a comparison or between two', async () => {
    await writeFile(scene.path('traffic.jsonl'), lines(request));
    const { arrived, models } = await startEcho();
    const [baseline = '', candidate = ''] = models;
    const replay = (...flags: readonly string[]) =>
      scene.run(['replay', 'traffic.jsonl', baseline, candidate, ...flags]);
    expect((await replay('--name=a')).code).toBe(0);
    const mixed = await replay('--name=a', '--send=original');
    expect(mixed.code).toBe(2);
    expect(mixed.stderr).toContain(
      '2 answers of this comparison are to requests with placeholders',
    );
    expect((await replay('--name=b', '--send=original')).code).toBe(0);
    const back = await replay('--name=b');
    expect(back.code).toBe(2);
    expect(back.stderr).toContain('Continue with --send original');
    expect(arrived.filter((one) => isCall(one) && contentOf(one) === content).length).toBe(2);
    // A further candidate would take the baseline's answer of the same name.
    const more = [baseline, models[2] ?? '', '--name=a', '--send=original'];
    await scene.run(['replay', 'traffic.jsonl', ...more]);
    expect(
      arrived
        .filter((one) => isCall(one) && contentOf(one) === content)
        .map(modelOf)
        .sort(),
    ).toEqual(['one', 'two', 'one', 'refuses'].sort());
  });

  it('sends nothing in place of an original that is gone, and says so', async () => {
    await writeFile(scene.path('old.jsonl'), lines(request));
    await writeFile(scene.path('new.jsonl'), lines(plain));
    const { arrived, models } = await startEcho();
    const flags = [...models.slice(0, 2), '--name=c', '--send=original'];
    const none = await scene.run(['replay', ...flags]);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('--send original needs the files that the captures came from');
    // Both are selected, and the one that is asked for with a wrong key is left for the next run.
    wrongKey = true;
    await scene.run(['replay', 'old.jsonl', ...flags]);
    wrongKey = false;
    const before = arrived.length;
    await rm(scene.path('old.jsonl'));
    const gone = await scene.run(['replay', 'old.jsonl', ...flags]);
    expect(gone.code).toBe(2);
    expect(gone.stderr).toContain('There is no file old.jsonl');
    const other = await scene.run(['replay', 'new.jsonl', ...flags]);
    expect(other.stderr).toContain(
      '1 capture is not sent: the files do not contain their originals.',
    );
    expect(scene.rows('select distinct reason from not_sent')).toEqual([
      { reason: 'its original is not in the files named' },
    ]);
    expect(arrived.slice(before).filter(isCall).map(contentOf)).toEqual([
      'Nothing to hide',
      'Nothing to hide',
    ]);
  });

  it('finds each value in its own file, also where two files have one name and one id', async () => {
    const asking = (text: string) => ({ model: 'm', messages: [{ role: 'user', content: text }] });
    const own = { a: asking('I am ann@example.com'), b: asking('I am ben@example.com') };
    for (const folder of ['a', 'b'] as const) {
      await mkdir(scene.path(folder));
      const shared = { id: 'same', request: asking(`Write to ${folder}@example.org`) };
      await writeFile(
        scene.path(`${folder}/traffic.jsonl`),
        `${JSON.stringify(shared)}\n${lines(own[folder])}`,
      );
    }
    const files = ['a/traffic.jsonl', 'b/traffic.jsonl'];
    expect((await scene.run(['import', ...files])).stdout).toContain(
      '  line 1: same id as another capture but another request\n',
    );
    const { arrived, models } = await startEcho();
    const flags = [...models.slice(0, 2), '--send', 'original'];
    const run = await scene.run(['replay', ...files.toReversed(), ...flags]);
    expect(run.stderr).toContain(
      '3 captures are redacted: the original values from the files are sent',
    );
    expect(
      arrived
        .filter((one) => isCall(one) && modelOf(one) === 'one')
        .map(contentOf)
        .toSorted(),
    ).toEqual(['I am ann@example.com', 'I am ben@example.com', 'Write to a@example.org']);
  });

  it('goes with no batch, no --no-redact and no other word', async () => {
    await writeFile(scene.path('traffic.jsonl'), lines(request));
    const base = [
      'replay',
      'traffic.jsonl',
      '--baseline=recorded',
      '--candidate=openai/gpt-4o-mini',
    ];
    for (const [flags, said] of [
      [['--send=original', '--batch'], 'Leave out --batch or --send original'],
      [['--send=original', '--no-redact'], '--no-redact stores the originals'],
      [['--send=all'], '--send must be redacted or original, not "all"'],
    ] as const) {
      const run = await scene.run([...base, ...flags], { OPENAI_API_KEY: 'k' });
      expect(run.stderr).toContain(said);
      expect(run.code).toBe(2);
    }
  });
});
