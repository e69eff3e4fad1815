import { describe, expect, it } from 'vitest';
import { fixture, importedFile } from '../imported.ts';

describe('stored completions of OpenAI', () => {
  it('have the request as far as they repeat it, and what is lost', async () => {
    const { report, captures } = await importedFile(fixture('stored-completions/page.json'));
    expect(report).toMatchObject({
      format: 'OpenAI stored completions',
      read: 2,
      added: 1,
      notReplayable: 1,
      problems: [
        {
          reason:
            'messages not stored with the completion (put what GET /chat/completions/ID/messages returns into its messages)',
        },
      ],
    });
    const [capture] = captures.values();
    expect(capture).toMatchObject({
      id: 'chatcmpl-A',
      endpoint: 'faq',
      timestamp: '2026-09-21T14:13:20.000Z',
      partial: ['max_completion_tokens', 'stop', 'reasoning_effort'],
      metadata: {
        endpoint: 'faq',
        user: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      },
      recorded: [{ model: 'gpt-4.1-2025-04-14', totalMs: null, body: { id: 'chatcmpl-A' } }],
    });
    expect(capture?.request).toEqual({
      model: 'gpt-4.1-2025-04-14',
      messages: [
        { role: 'system', content: 'Answer in JSON.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          ],
        },
      ],
      response_format: { type: 'json_object' },
      temperature: 0.2,
      top_p: 1,
      presence_penalty: 0,
      frequency_penalty: 0,
      service_tier: 'default',
    });
    expect(capture?.recorded[0]?.body['messages']).toBeUndefined();
  });
});
