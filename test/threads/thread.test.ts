import { spawnSync } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { UserError } from '../../source/text/user-error.ts';
import { Thread } from '../../source/threads/thread.ts';
import type { EchoQuestion } from './echo-worker.ts';

const workerUrl = new URL('echo-worker.ts', import.meta.url);

const start = () => {
  const notices: string[] = [];
  const lost: Error[] = [];
  const thread = new Thread<EchoQuestion, unknown, string>({
    workerUrl,
    name: 'The test thread',
    data: 'data',
    onNotice: (notice) => notices.push(notice),
    onLost: (error) => lost.push(error),
  });
  onTestFinished(() => thread.close());
  return { thread, notices, lost };
};

describe('a thread', () => {
  it('answers in the order of the questions, whichever is done first', async () => {
    const { thread } = start();
    const answered: unknown[] = [];
    const ask = async (value: number, afterMs: number): Promise<void> => {
      answered.push(await thread.ask({ kind: 'echo', value, afterMs }));
    };
    await Promise.all([ask(1, 60), ask(2, 30), ask(3, 0)]);
    expect(answered).toEqual([
      ['data', 1],
      ['data', 2],
      ['data', 3],
    ]);
  });

  it('takes a buffer and gives it back without a copy', async () => {
    const { thread } = start();
    const buffer = new ArrayBuffer(16);
    const answer = thread.ask({ kind: 'return', buffer }, [buffer]);
    expect(buffer.detached).toBe(true);
    const returned = (await answer) as ArrayBuffer;
    expect([returned.byteLength, new Uint8Array(returned)[0]]).toEqual([16, 7]);
  });

  it('reports without being asked, before the answer that follows', async () => {
    const { thread, notices } = start();
    await thread.ask({ kind: 'notice', notice: 'the disk is full' });
    expect(notices).toEqual(['the disk is full']);
  });

  it('rejects only the question that failed, with a UserError or with the stack of a bug', async () => {
    const { thread, lost } = start();
    const mistake = thread.ask({ kind: 'mistake' });
    const bug = thread.ask({ kind: 'fail' });
    await expect(mistake).rejects.toThrow(new UserError('The file is missing.'));
    await expect(mistake).rejects.toBeInstanceOf(UserError);
    await expect(bug).rejects.not.toBeInstanceOf(UserError);
    await expect(bug).rejects.toMatchObject({
      message: 'a bug',
      stack: expect.stringMatching(/RangeError: a bug\n.*echo-worker/),
    });
    expect(await thread.ask({ kind: 'echo', value: 1 })).toEqual(['data', 1]);
    expect(lost).toEqual([]);
  });

  it('rejects a question that cannot be sent, and answers the next one', async () => {
    const { thread } = start();
    await expect(thread.ask({ kind: 'echo', value: () => {} })).rejects.toThrow(
      /could not be cloned/,
    );
    expect(await thread.ask({ kind: 'echo', value: 1 })).toEqual(['data', 1]);
  });

  it.each([
    ['exit', false, /^The test thread ended with exit code 0\.$/],
    ['crash', false, /^out of order$/],
    ['crash by mistake', true, /^The disk is full\.$/],
  ] as const)(
    'rejects open and later questions after a %s, and says so once',
    async (kind, isUserError, message) => {
      const { thread, lost } = start();
      const open = [
        thread.ask({ kind: 'hang' }),
        thread.ask({ kind }),
        thread.ask({ kind: 'hang' }),
      ];
      for (const question of open) await expect(question).rejects.toThrow(message);
      await expect(thread.ask({ kind: 'echo', value: 1 })).rejects.toThrow(message);
      expect(lost.map((error) => [error.message, error instanceof UserError])).toEqual([
        [expect.stringMatching(message), isUserError],
      ]);
    },
  );

  it('rejects open and later questions when it is closed, which is not a loss', async () => {
    const { thread, lost } = start();
    const open = thread.ask({ kind: 'hang' });
    const [rejected] = await Promise.allSettled([open, thread.close()]);
    expect(rejected).toMatchObject({ reason: { message: 'The test thread was closed.' } });
    await expect(thread.ask({ kind: 'hang' })).rejects.toThrow('The test thread was closed.');
    await thread.close();
    expect(lost).toEqual([]);
  });

  /** Runs a program of its own, which has a `thread`. */
  const runProgram = (body: string, ...flags: string[]) => {
    const threadUrl = new URL('../../source/threads/thread.ts', import.meta.url).href;
    const input = `import(${JSON.stringify(threadUrl)}).then(async ({ Thread }) => {
      const workerUrl = new URL(${JSON.stringify(workerUrl.href)});
      const thread = new Thread({ workerUrl, name: 'The test thread' });
      ${body}
    });`;
    return spawnSync(process.execPath, flags, { input, encoding: 'utf8', timeout: 60_000 });
  };

  it('says in a sentence that it ran out of memory', () => {
    const { stdout } = runProgram(
      `try { await thread.ask({ kind: 'grow' }); } catch (error) { console.log(error.name, error.message); }`,
      '--max-old-space-size=32',
    );
    expect(stdout).toMatch(
      /^UserError The test thread ran out of memory\. .*NODE_OPTIONS=--max-old-space-size/,
    );
  });

  it('keeps the process alive while a question is open, and not a moment longer', () => {
    const { status, stdout, signal } = runProgram(
      `console.log(JSON.stringify(await thread.ask({ kind: 'echo', value: 1, afterMs: 200 })));`,
    );
    expect({ status, stdout, signal }).toEqual({ status: 0, stdout: '[null,1]\n', signal: null });
  });
});
