import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { resolveModel } from '../../source/models/resolve-model.ts';
import { curlCommand } from '../../source/review/curl-command.ts';
import type { PairView } from '../../source/review/pair-view.ts';

const request = {
  model: 'old',
  messages: [{ role: 'user', content: "it's $HOME `x` \\n 价格\n" }],
};
const view = { capture: { request, dialect: 'chat', model: null } } as unknown as PairView;

it('a request as curl: the key is a variable, and the body survives the shell', () => {
  const command = curlCommand(view, resolveModel('openai/gpt-4o')) ?? '';
  expect(command).toContain('"Authorization: Bearer $OPENAI_API_KEY"');
  const printArguments = 'curl() { printf "%s\\0" "$@"; }\n';
  const output = execFileSync('sh', ['-c', printArguments + command], {
    env: { ...process.env, OPENAI_API_KEY: 'from the environment' },
  });
  const words = output.toString('utf8').split('\0');
  expect(words).toContain('https://api.openai.com/v1/chat/completions');
  expect(words).toContain('Authorization: Bearer from the environment');
  expect(JSON.parse(words.at(-2) ?? '')).toEqual({ ...request, model: 'gpt-4o' });
});

it('a recorded model has no address', () => {
  expect(curlCommand(view, resolveModel('recorded:gpt-4o'))).toBeNull();
});
