// Loaded into the program (`NODE_OPTIONS=--import`): the wall clock jumps a day and two hours ahead,
// and later back to two hours before the time. The moments are counted in looks at the clock, so that
// they fall into the middle of a run on any machine.
const WallDate = Date;
const hourMs = 3_600_000;
let looks = 0;

const shiftMs = (): number => {
  looks++;
  if (looks <= 60) return 0;
  return looks <= 140 ? 26 * hourMs : -2 * hourMs;
};

const jumping = (): number => WallDate.now() + shiftMs();

globalThis.Date = new Proxy(WallDate, {
  construct: (target, given: readonly unknown[], called) =>
    Reflect.construct(target, given.length === 0 ? [jumping()] : given, called) as object,
  get: (target, key) => (key === 'now' ? jumping : (Reflect.get(target, key) as unknown)),
});
