import { describe, expect, it } from 'vitest';
import { recogniseCallPath } from '../../../source/traffic/dialects/recognise-call.ts';

describe('recogniseCallPath', () => {
  it.each([
    ['https://api.openai.com/v1/chat/completions', 'chat', null],
    ['https://api.deepseek.com/chat/completions', 'chat', null],
    ['https://api.mistral.ai/v1/chat/completions#stream', 'chat', null],
    ['/openai/deployments/faq/chat/completions?api-version=2024-02-01', 'chat', 'faq'],
    ['https://x.snowflakecomputing.com/api/v2/cortex/v1/chat/completions/', 'chat', null],
    ['https://generativelanguage.googleapis.com/v1beta/openai/chat/completions', 'chat', null],
    ['https://api.openai.com/v1/responses', 'responses', null],
    [
      'https://x.openai.azure.com/openai/responses?api-version=2025-04-01-preview',
      'responses',
      null,
    ],
    ['https://x.openai.azure.com/openai/v1/responses', 'responses', null],
    ['http://127.0.0.1:8787/responses', 'responses', null],
    ['https://api.anthropic.com/v1/messages?beta=true', 'messages', null],
    ['https://x.services.ai.azure.com/anthropic/v1/messages', 'messages', null],
    [
      'https://bedrock-runtime.us-east-1.amazonaws.com/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke',
      'messages',
      'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    ],
    [
      'https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-opus-4-1:streamRawPredict',
      'messages',
      'claude-opus-4-1',
    ],
    ['https://x.test/v1beta/models/gemini-3-pro:generateContent', 'gemini', 'gemini-3-pro'],
    [
      'https://x.test/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse&key=secret',
      'gemini',
      'gemini-3-pro',
    ],
    [
      'https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google/models/gemini-2.5-flash:generateContent',
      'gemini',
      'gemini-2.5-flash',
    ],
  ])('%s is a call in %s', (url, dialect, model) => {
    expect(recogniseCallPath(url, 'POST')).toMatchObject({ kind: 'call', dialect, model });
  });

  it.each([
    ['https://api.openai.com/v1/completions', 'text completion'],
    ['https://api.openai.com/v1/threads/thread_1/runs', 'OpenAI Assistants'],
    ['http://localhost:11434/api/chat', 'Ollama'],
    ['https://bedrock-runtime.x.test/model/amazon.nova-lite-v1%3A0/converse', 'Bedrock Converse'],
    ['https://bedrock-runtime.x.test/model/m/converse-stream', 'Bedrock Converse'],
    ['https://bedrock-runtime.x.test/model/meta.llama3-8b/invoke', 'Bedrock InvokeModel'],
    ['https://x.test/v1beta/interactions', 'Gemini Interactions'],
  ])('%s is a call of an API that is not replayed: %s', (url, api) => {
    expect(recogniseCallPath(url, 'POST')).toMatchObject({ kind: 'other model call', api });
  });

  it.each([
    ['https://api.openai.com/v1/embeddings', 'no model call'],
    ['/openai/deployments/vectors/embeddings?api-version=1', 'no model call'],
    ['https://api.openai.com/v1/models', 'no model call'],
    ['https://api.openai.com/v1/responses/resp_1/cancel', 'no model call'],
    ['https://api.anthropic.com/v1/messages/count_tokens', 'no model call'],
    ['https://x.test/v1beta/models/gemini-3-pro:countTokens', 'no model call'],
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
});
