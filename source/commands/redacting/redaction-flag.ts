/**
 * `--no-redact`, as meow declares it: the only flag that is on without being given, since what is off
 * by mistake cannot be taken back.
 */
export const redactionFlag = { redact: { type: 'boolean', default: true } } as const;
