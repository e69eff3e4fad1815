import type { CallPart, ResultPart, Turn, TurnPart } from './turn.ts';

/**
 * Gives calls without an id one (`call_1`, `call_2`, …, in their order), results without an id that of the
 * first open call of their name, and results without a name that of their call. The same turns
 * always get the same ids.
 */
export const withToolIds = (turns: readonly Turn[]): readonly Turn[] => {
  const given = new Set(
    turns.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === 'call' ? [part.id] : []))),
  );
  const open: { readonly id: string; readonly name: string }[] = [];
  const names = new Map<string, string>();
  let made = 0;
  const nextId = (): string => {
    do made += 1;
    while (given.has(`call_${made}`));
    return `call_${made}`;
  };
  const call = (part: CallPart): CallPart => {
    const id = part.id ?? nextId();
    open.push({ id, name: part.name });
    names.set(id, part.name);
    return { ...part, id };
  };
  const result = (part: ResultPart): ResultPart => {
    const at = open.findIndex(({ id, name }) =>
      part.id === null ? name === part.name : id === part.id,
    );
    const id = part.id ?? open[at]?.id ?? nextId();
    if (at !== -1) open.splice(at, 1);
    return { ...part, id, name: part.name ?? names.get(id) ?? null };
  };
  const complete = (part: TurnPart): TurnPart =>
    part.kind === 'call' ? call(part) : part.kind === 'result' ? result(part) : part;
  return turns.map((turn) => ({ ...turn, parts: turn.parts.map(complete) }));
};

/** Gives results without a name that of their call, and leaves ids as they are. */
export const withToolNames = (turns: readonly Turn[]): readonly Turn[] => {
  const complete = withToolIds(turns);
  return turns.map((turn, at) => ({
    ...turn,
    parts: turn.parts.map((part, index) => {
      const found = complete[at]?.parts[index];
      return part.kind === 'result' && found?.kind === 'result'
        ? { ...part, name: found.name }
        : part;
    }),
  }));
};

/** Turns of what one turn of a user or an assistant holds: results of tools, which come first, are their own. */
export const splitResults = (role: Turn['role'], parts: readonly TurnPart[]): readonly Turn[] => {
  const results = parts.filter(({ kind }) => kind === 'result');
  if (results.length === 0) return [{ role, name: null, parts }];
  const others = parts.filter(({ kind }) => kind !== 'result');
  return [
    { role: 'tool', name: null, parts: results },
    ...(others.length === 0 ? [] : [{ role, name: null, parts: others }]),
  ];
};
