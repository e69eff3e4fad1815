import type { ChildProcess } from 'node:child_process';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { fillStore } from '../helpers/filled-store.ts';
import { judgeServer, sayVerdict, type JudgeServer } from '../helpers/judge-server.ts';
import { node, program } from '../helpers/program.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { startInTerminal } from '../helpers/terminal.ts';

const number = 12;
const concurrency = 4;

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
  onTestFinished(() => scene.close());
  await fillStore(
    scene.path('understudy.db'),
    Array.from({ length: number }, (_, index) => ({
      id: `req_${index}`,
      baseline: `One answer to ${index}.`,
      candidate: `Another answer to ${index}.`,
    })),
  );
});

const serve = async (respond: Parameters<typeof judgeServer>[0]): Promise<JudgeServer> => {
  const server = await judgeServer(respond);
  onTestFinished(server.close);
  return server;
};

const argvOf = ({ model }: JudgeServer): readonly string[] => [
  'judge',
  '--judge',
  model,
  '--concurrency',
  String(concurrency),
];

/** The calls in the store, answered or failed. */
const stored = (which: 'answered' | 'failed'): number =>
  scene.rows(
    `select id from judge_call where failure is ${which === 'answered' ? 'null' : 'not null'}`,
  ).length;

/** A judge that answers when it is let. */
const reluctantJudge = async () => {
  const waiting: (() => void)[] = [];
  let isHeld = true;
  const server = await serve((_, response) => {
    const answer = (): void => sayVerdict(response, 'agree');
    if (isHeld) waiting.push(answer);
    else answer();
  });
  return {
    server,
    isAskedBy: () => vi.waitUntil(() => waiting.length === concurrency, { timeout: 60_000 }),
    answer: () => {
      isHeld = false;
      for (const answer of waiting) answer();
    },
  };
};

/** Resolves when a process has written this text on stderr. */
const says = (child: ChildProcess, text: string): Promise<void> =>
  new Promise((resolve) => {
    let written = '';
    child.stderr?.on('data', (piece: string) => {
      written += piece;
      if (written.includes(text)) resolve();
    });
  });

describe('a judge that is rate limited', () => {
  it('is asked again, and every question has one answer', async () => {
    let calls = 0;
    const server = await serve((_, response) => {
      calls++;
      if (calls > 2) return sayVerdict(response, 'agree');
      response.writeHead(429, { 'retry-after': '1' }).end('{"error":{"message":"slow down"}}');
    });
    const { code, stdout } = await scene.run(argvOf(server));
    expect([code, stdout]).toEqual([0, expect.stringContaining(`${number} of ${number} pairs`)]);
    expect([calls, stored('answered'), stored('failed')]).toEqual([2 * number + 2, 2 * number, 2]);
  });

  it('is sent nothing until the time that it names, which the status line shows, and Ctrl-C ends the wait', async () => {
    const server = await serve((_, response) => {
      response.writeHead(429, { 'retry-after': '60' }).end('{"error":{"message":"slow down"}}');
    });
    const terminal = startInTerminal(node, [program, ...argvOf(server)], { cwd: scene.directory });
    await terminal.until(/\d retrying in /);
    terminal.type('\u0003');
    const { code } = await terminal.exit;
    expect(code).toBe(130);
    await terminal.until('Interrupted; everything is kept.');
    expect(server.questions.length).toBeLessThanOrEqual(concurrency);
  });

  it('is given up when it asks for a longer wait than --patience, which the message says', async () => {
    const server = await serve((_, response) => {
      response.writeHead(429, { 'retry-after': '3600' }).end('{"error":{"message":"slow down"}}');
    });
    const { code, stdout } = await scene.run([...argvOf(server), '--patience', '0']);
    expect(code).toBe(2);
    expect(stdout).toContain("asks for a longer wait than this run's patience (rate_limited)");
    expect(stdout).toContain('slow down. It asks for a wait of 60 min');
    expect(server.questions.length).toBeLessThanOrEqual(concurrency);
  });
});

describe('a judge that is interrupted', () => {
  it('by the first Ctrl-C takes the answers in flight, asks no more, and goes on with the rest', async () => {
    const judge = await reluctantJudge();
    const { child, ended } = scene.start(argvOf(judge.server));
    const isWaiting = says(child, `Waiting for ${concurrency} calls in flight`);
    await judge.isAskedBy();
    child.kill('SIGINT');
    await isWaiting;
    judge.answer();
    const { code, stdout } = await ended;
    expect([code, stdout]).toEqual([130, expect.stringContaining('Interrupted')]);
    expect(stdout).toContain(`${concurrency / 2} of ${number} pairs judged`);
    expect([judge.server.questions.length, stored('answered'), stored('failed')]).toEqual([
      concurrency,
      concurrency,
      0,
    ]);

    const rest = await scene.run(argvOf(judge.server));
    expect([rest.code, rest.stdout]).toEqual([
      0,
      expect.stringContaining(`${number} of ${number} pairs judged`),
    ]);
    expect(judge.server.questions).toHaveLength(2 * number);
  });

  it('by the second Ctrl-C aborts the calls in flight, and asks again what was in flight', async () => {
    const judge = await reluctantJudge();
    const { child, ended } = scene.start(argvOf(judge.server));
    const isWaiting = says(child, 'Waiting for');
    await judge.isAskedBy();
    child.kill('SIGINT');
    await isWaiting;
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect([code, stdout]).toEqual([130, expect.stringContaining('Interrupted')]);
    // The provider may charge for them, so each is kept as an attempt.
    expect([stored('answered'), stored('failed')]).toEqual([0, concurrency]);

    judge.answer();
    expect((await scene.run(argvOf(judge.server))).code).toBe(0);
    expect(judge.server.questions).toHaveLength(2 * number + concurrency);
    expect(stored('answered')).toBe(2 * number);
  });
});
