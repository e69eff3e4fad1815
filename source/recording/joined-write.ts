export const nothing = Buffer.alloc(0);

const mostJoinedBytes = 16 * 1024;

/**
 * A head and the bytes behind it as one text, a character for each byte: one write costs half of two,
 * and texts go out without a copy. What is too long for that goes as two.
 */
export const joined = (
  head: string,
  bytes: Buffer,
  write: (text: string) => boolean,
): Buffer | string => {
  if (head === '') return bytes;
  if (bytes.length <= mostJoinedBytes) return `${head}${bytes.toString('latin1')}`;
  write(head);
  return bytes;
};
