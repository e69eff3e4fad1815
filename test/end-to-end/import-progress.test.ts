import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { node, program } from '../helpers/program.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { startInTerminal } from '../helpers/terminal.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

const line = (index: number, characters: number): string =>
  JSON.stringify({
    id: `c${index}`,
    request: { messages: [{ role: 'user', content: 'word '.repeat(characters / 5) }] },
    response: { choices: [{ message: { role: 'assistant', content: `answer ${index}` } }] },
    responses: {
      other: { choices: [{ message: { role: 'assistant', content: `other ${index}` } }] },
    },
  });

const run = (argv: readonly string[]) => {
  const terminal = startInTerminal(node, [program, ...argv], { cwd: scene.directory });
  onTestFinished(() => terminal.kill());
  return terminal;
};

const models = ['--baseline', 'recorded', '--candidate', 'recorded:other'];

describe('the progress of an import on a terminal', () => {
  it('is the same line in import and in compare', async () => {
    const lines = Array.from({ length: 3000 }, (_, index) => line(index, 3000));
    writeFileSync(scene.path('traffic.jsonl'), lines.join('\n'));
    const progress = /traffic\.jsonl: [\d,]+ read/;
    const importing = run(['import', 'traffic.jsonl', '--db', 'a.db']);
    expect(await importing.exit).toMatchObject({ code: 0 });
    expect(importing.raw()).toMatch(progress);
    expect(importing.text()).toContain('Next: understudy compare');
    const comparing = run(['compare', 'traffic.jsonl', ...models, '--db', 'b.db']);
    await comparing.until(/ of [\d,]+ (?:judged|·)/);
    expect(comparing.raw()).toMatch(progress);
  });

  it('says that it is reading a large record, with its size', async () => {
    writeFileSync(scene.path('traffic.jsonl'), [line(1, 100), line(2, 20e6)].join('\n'));
    const importing = run(['import', 'traffic.jsonl']);
    expect(await importing.exit).toMatchObject({ code: 0 });
    expect(importing.raw()).toMatch(/traffic\.jsonl: \d+ read, reading one of 20 MB/);
  });
});
