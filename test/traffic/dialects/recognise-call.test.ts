import { describe, expect, it } from 'vitest';
import { recogniseCallPath } from '../../../source/traffic/dialects/recognise-call.ts';

describe('recogniseCallPath', () => {
  it.each([
    ['https://api.openai.com/v1/chat/completions', 'chat'],
    ['https://api.deepseek.com/chat/completions', 'chat'],
    ['https://api.mistral.ai/v1/chat/completions#stream', 'chat'],
    ['/openai/deployments/faq/chat/completions?api-version=2024-02-01', 'chat'],
    ['https://x.snowflakecomputing.com/api/v2/cortex/v1/chat/completions/', 'chat'],
    ['https://api.openai.com/v1/responses', 'other model call'],
    ['https://api.openai.com/v1/completions', 'other model call'],
    ['https://api.anthropic.com/v1/messages', 'other model call'],
    ['https://x.test/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse', 'other model call'],
    ['http://localhost:11434/api/chat', 'other model call'],
    ['https://api.openai.com/v1/embeddings', 'no model call'],
    ['/openai/deployments/vectors/embeddings?api-version=1', 'no model call'],
    ['https://api.openai.com/v1/models', 'no model call'],
    ['https://x.test/messages', 'elsewhere'],
    ['https://x.test/news/chat', 'elsewhere'],
    ['', 'elsewhere'],
  ])('%s asks for: %s', (url, kind) => {
    expect(recogniseCallPath(url, 'POST').kind).toBe(kind);
  });

  it('is not a call without a POST', () => {
    expect(recogniseCallPath('https://api.openai.com/v1/chat/completions', 'OPTIONS').kind).toBe(
      'elsewhere',
    );
    expect(recogniseCallPath('https://api.openai.com/v1/responses', 'GET').kind).toBe(
      'no model call',
    );
  });

  it('reads the deployment in a path of Azure', () => {
    expect(recogniseCallPath('/openai/deployments/faq/chat/completions', 'post')).toEqual({
      kind: 'chat',
      path: '/openai/deployments/faq/chat/completions',
      deployment: 'faq',
    });
  });
});
