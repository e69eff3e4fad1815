import { writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { modelServer, streamTexts } from '../helpers/model-server.ts';
import { openScene } from '../helpers/scene.ts';
import { writeTickets } from '../helpers/tickets.ts';

const closing: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Replays a ticket on a model that answers and one that thinks in its text first. */
const replayOn = async (configuration: object) => {
  const scene = await openScene();
  const server = await modelServer((model, response) =>
    streamTexts(
      response,
      model === 'thinker' ? ['<think>', '\nHm.\n', '</think>', '\n\n', 'Paris'] : ['Paris'],
    ),
  );
  closing.push(server.close, scene.close);
  await writeTickets(scene.path('tickets.jsonl'), 1);
  await writeFile(scene.path('understudy.config.json'), JSON.stringify(configuration));
  const models = [`--baseline=${server.url}#plain`, `--candidate=${server.url}#thinker`];
  const { stdout } = await scene.run(['replay', 'tickets.jsonl', ...models]);
  return { scene, stdout };
};

describe('reasoning in the text of an answer', () => {
  it('is no part of the comparison, and the run says so', async () => {
    const { scene, stdout } = await replayOn({});
    expect((await scene.summary()).counts).toMatchObject({ answered: 1, identical: 1 });
    expect(stdout).toContain(
      '1 answer had reasoning in <think> tags in the text: it is kept apart and not compared ("thinkTags": "text" in understudy.config.json leaves it in).',
    );
  });

  it('stays where it came if the configuration says so', async () => {
    const { scene, stdout } = await replayOn({ thinkTags: 'text' });
    expect((await scene.summary()).counts).toMatchObject({ answered: 1, identical: 0 });
    expect(stdout).not.toContain('<think>');
  });
});
