/** A line may have so many characters; what is longer is no answer that we asked for. */
const mostCharacters = 64 * 1024 * 1024;

/**
 * The lines of a text that comes in pieces, without their ends and without blank ones. A line that is
 * too long comes as null.
 */
export async function* textLines(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<string | null, void, undefined> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let length = 0;
  const take = (text: string): void => {
    length += text.length;
    if (length > mostCharacters) parts = [];
    else parts.push(text);
  };
  const line = (): string | null => {
    const whole = length > mostCharacters ? null : parts.join('');
    parts = [];
    length = 0;
    return whole;
  };
  for await (const piece of pieces) {
    const texts = decoder.decode(piece, { stream: true }).split('\n');
    const rest = texts.pop() ?? '';
    for (const text of texts) {
      take(text);
      const whole = line();
      if (whole === null || whole.trim() !== '') yield whole;
    }
    take(rest);
  }
  take(decoder.decode());
  const last = line();
  if (last === null || last.trim() !== '') yield last;
}
