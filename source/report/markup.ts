import { printable } from '../text/printable.ts';

/** Text that is HTML already. */
export class Markup {
  readonly html: string;

  constructor(html: string) {
    this.html = html;
  }
}

type Content = string | number | null | Markup | readonly Content[];

/** A template tag for HTML: escapes each value unless it is `Markup`. Null adds nothing. */
export const markup = (parts: TemplateStringsArray, ...contents: readonly Content[]): Markup =>
  new Markup(
    parts.reduce((text, part, index) => text + inHtml(contents[index - 1] ?? null) + part),
  );

const inHtml = (content: Content): string => {
  if (content === null) return '';
  if (content instanceof Markup) return content.html;
  if (typeof content === 'string' || typeof content === 'number') return escapeHtml(`${content}`);
  return content.map(inHtml).join('');
};

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for HTML and its attributes, and makes characters visible that a browser would hide or obey. */
const escapeHtml = (text: string): string =>
  printable(text).replace(/[&<>"']/g, (character) => entities[character] ?? character);
