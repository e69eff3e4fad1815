import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../source/store/open.ts';
import { addRules } from '../../source/store/comparisons/stored-rules.ts';
import { openRedactor } from '../../source/store/redaction/open-redactor.ts';
import { fillStore } from '../helpers/filled-store.ts';
import { completion, rawCall, startProxy, startUpstream } from '../helpers/recording-proxy.ts';
import { openScene, type Scene } from '../helpers/scene.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

const mail = 'bob@example.com';
const card = '4111 1111 1111 1111';

const traffic = [
  {
    request: { model: 'm', messages: [{ role: 'user', content: `Mail ${mail}, card ${card}` }] },
    response: completion(`To ${mail}: badge E123456`),
    metadata: { note: mail },
  },
  { request: { model: 'm', messages: [{ role: 'user', content: 'Nothing' }] } },
]
  .map((record) => `${JSON.stringify(record)}\n`)
  .join('');

/** The files of the store that hold the text. */
const holding = async (text: string, db = 'understudy.db'): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const name of [db, `${db}-wal`, `${db}-shm`].filter((part) =>
    existsSync(scene.path(part)),
  )) {
    if ((await readFile(scene.path(name))).indexOf(text) !== -1) found.push(name);
  }
  return found;
};

const counts = (): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    scene
      .rows('select rule, findings from redaction order by rule')
      .map((row) => [row['rule'], row['findings']]),
  );

describe('redaction', () => {
  it('is on by default: no value is in the file, and the same file adds nothing', async () => {
    await writeFile(scene.path('traffic.jsonl'), traffic);
    await writeFile(
      scene.path('understudy.config.json'),
      JSON.stringify({ redaction: { rules: [{ name: 'badge', pattern: 'E\\d{6}' }] } }),
    );
    for (const added of [2, 0]) {
      const run = await scene.run(['import', 'traffic.jsonl', '--json']);
      expect(run.code).toBe(0);
      const redactions = added === 0 ? {} : { badge: 1, card: 1, email: 3 };
      const report = JSON.parse(run.stdout) as { readonly files: readonly unknown[] };
      expect(report).toMatchObject({ replayable: added });
      expect(report).toHaveProperty('redactions', redactions);
      expect(report.files[0]).toHaveProperty('redactions', redactions);
      expect(await holding(mail)).toEqual([]);
      expect(await holding(card)).toEqual([]);
      expect(await holding('E123456')).toEqual([]);
      expect(counts()).toEqual({ badge: 1, card: 1, email: 3 });
    }
    expect(scene.rows('select redacted from capture order by redacted')).toEqual([
      { redacted: 0 },
      { redacted: 1 },
    ]);
  });

  it('is counted by rule, also in a dry run', async () => {
    await writeFile(scene.path('traffic.jsonl'), traffic);
    const said = '4 values redacted (email 3, card 1)';
    expect((await scene.run(['import', 'traffic.jsonl', '--dry-run'])).stdout).toContain(said);
    expect((await scene.run(['import', 'traffic.jsonl'])).stdout).toContain(`\n  ${said}\n`);
    expect((await scene.run(['import', 'traffic.jsonl'])).stdout).not.toContain('redacted');
  });

  it('covers the names of endpoints and models that a dry run prints', async () => {
    const request = { model: mail, messages: [{ role: 'user', content: 'Hi' }] };
    const named = { endpoint: `reply to ${mail}`, request };
    await writeFile(scene.path('named.jsonl'), `${JSON.stringify(named)}\n`);
    const { code, stdout } = await scene.run(['import', 'named.jsonl', '--dry-run']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/1 {2}reply to \[email:\w{10}\]\n/);
    expect(stdout).not.toContain(mail);
  });

  it('is off with --no-redact; scrub then removes the values, and verifies it', async () => {
    await writeFile(scene.path('traffic.jsonl'), traffic);
    expect((await scene.run(['import', 'traffic.jsonl', '--no-redact'])).code).toBe(0);
    expect(await holding(mail)).not.toEqual([]);
    const scrub = await scene.run(['scrub']);
    expect(scrub.stderr).toBe('');
    expect(scrub.stdout).toContain('0 of 2 values remain in the file');
    expect(scrub.code).toBe(0);
    expect(await holding(mail)).toEqual([]);
    expect(await holding(card)).toEqual([]);
    const again = await scene.run(['import', 'traffic.jsonl', '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ replayable: 0, duplicates: 2 });
    expect((await scene.run(['scrub'])).stdout).toContain('nothing that a rule finds');
  });

  it('is made up for in answers, what was found between them, and verdicts, whose pairs are compared again', async () => {
    const [bob, ann] = ['bob@corp.example', 'ann@corp.example'];
    await fillStore(scene.path('understudy.db'), [
      { id: 'a', baseline: `{"contact":"${bob}"}`, candidate: `{"contact":"${ann}"}` },
      { id: 'b', baseline: `Write to ${bob}.`, candidate: `Write to ${ann}.` },
    ]);
    const store = await openStore(scene.path('understudy.db'));
    const placeholder = (
      await openRedactor(store, { rules: [], ignore: [], phoneCountries: null })
    ).redact(ann, () => undefined);
    await store.close();
    // As if the candidate's answer had been recorded, and the baseline's replayed.
    const comparison = await fillStore(scene.path('understudy.db'), [
      { id: 'c', baseline: `Write to ${ann}.`, candidate: `Write to ${placeholder}.` },
      { id: 'd', baseline: `{"mail":"${ann}"}`, candidate: `{"mail":"${placeholder}"}` },
    ]);
    const withRule = await openStore(scene.path('understudy.db'));
    const rule = { endpoint: null, path: 'mail', ignore: 'everything', tolerance: null } as const;
    const made = { author: 'ann', madeBy: 'reviewer', at: '2026-11-30T00:00:00.000Z' } as const;
    await addRules(withRule, comparison, [{ id: '1', ...rule, ...made }]);
    await withRule.close();
    const before = { identical: 0, settledByRule: 1, different: 3 };
    expect((await scene.summary()).counts).toMatchObject(before);
    expect((await scene.run(['scrub'])).stdout).toContain('0 of 2 values remain in the file');
    expect([await holding(bob), await holding(ann)]).toEqual([[], []]);
    expect((await scene.summary()).counts).toMatchObject({
      identical: 2,
      settledByRule: 0,
      different: 2,
      notCompared: 0,
    });
  });

  it('ends scrub with exit code 1 where a value remains, as its help says', async () => {
    const content = 'card 4111111111111111, order A94111111111111111123';
    const capture = { request: { model: 'm', messages: [{ role: 'user', content }] } };
    await writeFile(scene.path('traffic.jsonl'), `${JSON.stringify(capture)}\n`);
    expect((await scene.run(['import', 'traffic.jsonl', '--no-redact'])).code).toBe(0);
    const { code, stdout, stderr } = await scene.run(['scrub']);
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toContain('1 of 1 values remains in the file');
    expect((await scene.run(['scrub', '--help'])).stdout).toMatch(
      /^ {2}1 +a value that was found remains in the file$/m,
    );
  });

  it('under changed rules yields another request for a known id, with an explanation; scrub fixes it', async () => {
    const ask = { model: 'm', messages: [{ role: 'user', content: 'badge E123456' }] };
    const other = { model: 'm', messages: [{ role: 'user', content: 'Nothing' }] };
    const records = [
      { id: 'asks', request: ask },
      { id: 'answers', request: other, response: completion('badge E123456') },
      { id: 'neither', request: other },
    ];
    const text = records.map((record) => `${JSON.stringify(record)}\n`).join('');
    await writeFile(scene.path('traffic.jsonl'), text);
    await scene.run(['import', 'traffic.jsonl', '--db', 'scrubbed.db']);
    expect((await scene.run(['import', 'traffic.jsonl'])).code).toBe(0);
    const before = scene.rows('select id, request_body from capture order by id');
    await writeFile(
      scene.path('understudy.config.json'),
      JSON.stringify({ redaction: { rules: [{ name: 'badge', pattern: 'E\\d{6}' }] } }),
    );
    const again = await scene.run(['import', 'traffic.jsonl']);
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('1  already there\n');
    expect(again.stdout).toContain('  line 1: same id as another capture but another request\n');
    expect(again.stdout).toContain(
      '  line 2: same id as another capture but another recorded response\n',
    );
    expect(again.stdout).toMatch(/under\s+other\s+redaction\s+rules[^]*understudy scrub/);
    expect(scene.rows('select id, request_body from capture order by id')).toEqual(before);
    // As it says.
    expect((await scene.run(['scrub', '--db', 'scrubbed.db'])).code).toBe(0);
    const mended = await scene.run(['import', 'traffic.jsonl', '--db', 'scrubbed.db', '--json']);
    expect(JSON.parse(mended.stdout)).toMatchObject({ imported: 0, duplicates: 3 });
  });

  it('is announced before the first call of a replay, which sends the placeholders', async () => {
    await writeFile(scene.path('traffic.jsonl'), traffic);
    const upstream = await startUpstream((response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(completion('ok')));
    });
    onTestFinished(() => upstream.close());
    const run = await scene.run([
      'replay',
      'traffic.jsonl',
      `--baseline=${upstream.origin}/v1#one`,
      `--candidate=${upstream.origin}/v1#two`,
    ]);
    expect(run.stderr).toContain('4 values redacted (email 3, card 1)');
    expect(run.stderr).toContain(
      '1 capture is redacted: placeholders are sent in place of the values.',
    );
    const sent = upstream.arrived.map(({ body }) => body.toString()).join('\n');
    expect(sent).toMatch(/Mail \[email:[0-9a-f]{10}\], card \[card:[0-9a-f]{10}\]/);
    expect(sent).not.toContain(mail);
    expect(await holding(mail)).toEqual([]);
  });

  it('is on for recordings, in the store and in a file, while calls pass unchanged', async () => {
    const upstream = await startUpstream((response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(completion(`To ${mail}`)));
    });
    onTestFinished(() => upstream.close());
    const body = JSON.stringify({
      model: 'm',
      messages: [{ role: 'user', content: `I am ${mail}` }],
    });
    for (const [argv, files] of [
      [[], ['understudy.db', 'understudy.db-wal']],
      [['--out', 'out.jsonl'], ['out.jsonl']],
    ] as const) {
      const proxy = await startProxy(scene.directory, [
        '--upstream',
        `${upstream.origin}/v1`,
        ...argv,
      ]);
      onTestFinished(() => {
        proxy.child.kill('SIGKILL');
      });
      const headers = { 'content-type': 'application/json' };
      const answer = await rawCall(`${proxy.origin}/v1/chat/completions`, { headers, body });
      expect(answer.body.toString()).toContain(mail);
      await proxy.stop();
      const kept = files.filter((name) => existsSync(scene.path(name)));
      const bytes = await Promise.all(kept.map((name) => readFile(scene.path(name))));
      expect(Buffer.concat(bytes).toString('latin1')).toMatch(/I am \[email:[0-9a-f]{10}\]/);
      expect(Buffer.concat(bytes).indexOf(mail)).toBe(-1);
    }
    expect(upstream.arrived.every((one) => one.body.toString() === body)).toBe(true);
  });
});
