#!/usr/bin/env node
// The entry. It must parse on any Node that knows modules, so that an old one gets a sentence and
// not a syntax error; everything else is imported after the check.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(
    `understudy needs Node 22.12 or newer and this is Node ${process.versions.node}. Install a current Node and run it again.\n`,
  );
  process.exit(2);
}
// ps shows the program by its name, and none of its arguments: a URL among them may hold a key.
process.title = 'understudy';
// The stack of a bug crosses the layers of the store and of React.
Error.stackTraceLimit = 30;
const { main } = await import('./commands/main.ts');
process.exitCode = await main(process.argv.slice(2));
