import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openScene, type Scene } from '../helpers/scene.ts';
import { writeTickets } from '../helpers/tickets.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

describe('--noise', () => {
  it('asks the baseline a stable share of the requests again, and sums up how often it agrees', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 20);
    const { endpoint, models } = await scene.serve();
    const argvFor = (share: string) => ['replay', 'tickets.jsonl', ...models, '--noise', share];
    const argv = argvFor('50%');
    const dry = await scene.run([...argv, '--dry-run']);
    expect(dry.stderr).toBe('');
    expect(endpoint.calls()).toHaveLength(0);
    // What is not asked a second time is not there either.
    expect(dry.stdout).toMatch(/^\d+ calls for 20 captures$/m);
    expect(dry.stdout).toMatch(/^ +baseline +candidate +baseline again$/m);
    const first = await scene.run(argv);
    expect(first.code).toBe(0);
    expect(first.stdout).toContain('The baseline was asked again');
    expect(first.stdout.match(/Next: understudy review/g)).toHaveLength(1);
    const { noise } = await scene.summary();
    const asked = noise?.baseline.n ?? 0;
    expect(asked).toBeGreaterThan(3);
    expect(asked).toBeLessThan(17);
    expect(endpoint.calls()).toHaveLength(40 + asked);
    // The endpoint computes its answers, so the baseline repeats itself.
    expect(noise).toMatchObject({ baseline: { rate: 1 }, candidate: { n: asked } });
    expect(noise?.candidate.rate).toBeLessThan(1);
    const { stdout } = await scene.run(['summary']);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      `Noise: of ${asked} requests that the baseline answered twice, the machine found 100.0 %`,
    );

    // The same again pays for nothing, and a larger share only for what is new.
    expect((await scene.run(argv)).code).toBe(0);
    expect(endpoint.calls()).toHaveLength(40 + asked);
    await scene.run(argvFor('100%'));
    expect(endpoint.calls()).toHaveLength(60);
    expect((await scene.summary()).noise?.baseline.n).toBe(20);
    // The comparison of the baseline with itself is none to review by default.
    const [newest] = scene.rows('select count(*) as n from comparison where baseline = candidate');
    expect(newest).toEqual({ n: 1 });
    expect((await scene.summary()).comparison.candidate).toContain('newcomer');
  });

  it('is refused for a recorded baseline', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 3);
    const { models } = await scene.serve();
    const { code, stderr } = await scene.run([
      'replay',
      'tickets.jsonl',
      '--baseline=recorded',
      models[1] ?? '',
      '--noise=10%',
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain(
      '--noise asks the baseline a second time, and recorded is a recording',
    );
  });
});
