import type { Framing } from './framing.ts';
import { readHeaderLines } from './header-lines.ts';

/** Finds the end of a body in the bytes of a connection. */
export type BodyReader = {
  /**
   * Reads on from an index; the index behind what belongs to the body, or -1 where the chunks are not
   * what HTTP says. Must not be called after the end.
   */
  readonly read: (bytes: Buffer, from: number) => number;
  readonly isOver: () => boolean;
};

/** Takes the data of a body, without the frames of chunks. */
export type TakeData = (data: Buffer) => void;

export const createBodyReader = (framing: Framing, take: TakeData): BodyReader => {
  switch (framing.kind) {
    case 'none':
      return { read: (_, from) => from, isOver: () => true };
    case 'length':
      return lengthReader(framing.bytes, take);
    case 'chunked':
      return chunkReader(take);
    case 'close':
      return {
        read: (bytes, from) => {
          take(part(bytes, from, bytes.length));
          return bytes.length;
        },
        isOver: () => false,
      };
  }
};

const part = (bytes: Buffer, from: number, end: number): Buffer =>
  from === 0 && end === bytes.length ? bytes : bytes.subarray(from, end);

const lengthReader = (length: number, take: TakeData): BodyReader => {
  let left = length;
  return {
    read: (bytes, from) => {
      const end = Math.min(bytes.length, from + left);
      left -= end - from;
      if (end > from) take(part(bytes, from, end));
      return end;
    },
    isOver: () => left === 0,
  };
};

/** A line with the size of a chunk, or a field of a trailer, is not longer. */
const mostLineBytes = 8 * 1024;

const mostTrailerBytes = 64 * 1024;

/** The size of a chunk; extensions are read over, and may hold nothing that looks like a line end. */
const sizeLine = /^([\da-f]{1,12})(?:;[\t\x20-\x7e\x80-\xff]*)?$/i;

/** More digits than a chunk that can be sent has. */
const mostPlainDigits = 8;

const hexDigit = (code: number): number => {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
};

/** No white space before the colon, no continued lines: as in a head. */
const trailerLine = /^[!-~][\t\x20-\x7e\x80-\xff]*$/;

/** RFC 9112, section 7.1, to the letter: what is off by a byte is an error. */
const chunkReader = (take: TakeData): BodyReader => {
  /** The line that is being read, as far as it is there. */
  let line = '';
  let reading: 'size' | 'data' | 'data end' | 'trailer' | 'over' = 'size';
  let left = 0;
  let trailerBytes = 0;

  /** The index behind a line of which all is there; `line` then is the whole of it. */
  const readLine = (bytes: Buffer, from: number): number => {
    const feed = bytes.indexOf(0x0a, from);
    const end = feed === -1 ? bytes.length : feed + 1;
    if (line.length + end - from > mostLineBytes) return -1;
    line += bytes.toString('latin1', from, end);
    if (feed !== -1) return line.endsWith('\r\n') ? end : -1;
    // A CR may only be the last that has come, with its LF on the way.
    const carriage = line.indexOf('\r');
    return carriage === -1 || carriage === line.length - 1 ? end : -1;
  };
  const isWhole = (): boolean => line.endsWith('\n');

  /**
   * The index behind a line that is nothing but the size of a chunk, or the empty one behind its data,
   * which is then read; -1 for all other lines, and those of which a part is missing.
   */
  const readPlainLine = (bytes: Buffer, from: number): number => {
    let size = 0;
    let at = from;
    for (; at < from + mostPlainDigits; at += 1) {
      const digit = hexDigit(bytes[at] ?? 0);
      if (digit === -1) break;
      size = size * 16 + digit;
    }
    if (bytes[at] !== 0x0d || bytes[at + 1] !== 0x0a) return -1;
    if (reading === 'data end') {
      if (at > from) return -1;
      reading = 'size';
      return at + 2;
    }
    if (reading !== 'size' || size === 0) return -1;
    left = size;
    reading = 'data';
    return at + 2;
  };

  const afterLine = (): boolean => {
    const text = line.slice(0, -2);
    line = '';
    if (reading === 'data end') {
      reading = 'size';
      return text === '';
    }
    if (reading === 'size') {
      const size = sizeLine.exec(text)?.[1];
      if (size === undefined) return false;
      left = Number.parseInt(size, 16);
      reading = left === 0 ? 'trailer' : 'data';
      return true;
    }
    if (text === '') {
      reading = 'over';
      return true;
    }
    trailerBytes += text.length;
    return (
      trailerBytes <= mostTrailerBytes &&
      trailerLine.test(text) &&
      readHeaderLines(text, 0) !== null
    );
  };

  return {
    read: (bytes, from) => {
      let at = from;
      while (at < bytes.length && reading !== 'over') {
        if (reading === 'data') {
          const end = Math.min(bytes.length, at + left);
          take(part(bytes, at, end));
          left -= end - at;
          at = end;
          if (left === 0) reading = 'data end';
          continue;
        }
        const behind = line === '' ? readPlainLine(bytes, at) : -1;
        if (behind !== -1) {
          at = behind;
          continue;
        }
        at = readLine(bytes, at);
        if (at === -1 || (reading === 'data end' && !'\r\n'.startsWith(line))) return -1;
        if (isWhole() && !afterLine()) return -1;
      }
      return at;
    },
    isOver: () => reading === 'over',
  };
};
