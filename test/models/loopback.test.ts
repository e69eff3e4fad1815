import { describe, expect, it } from 'vitest';
import { isLoopback } from '../../source/models/loopback.ts';

describe('a loopback URL', () => {
  it.each([
    'http://127.0.0.1:8080/v1',
    'http://127.5.6.7',
    'http://localhost:11434/v1',
    'http://models.localhost/v1',
    'http://[::1]:8000/v1',
    'http://0x7f000001/v1',
  ])('may be %s', (url) => {
    expect(isLoopback(url)).toBe(true);
  });

  it.each([
    'https://api.openai.com/v1',
    'http://10.0.0.1/v1',
    'http://localhost.example/v1',
    'http://127.0.0.1.example/v1',
    'no url',
  ])('is not %s', (url) => {
    expect(isLoopback(url)).toBe(false);
  });
});
