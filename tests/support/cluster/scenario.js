// Tests that measure. node:test follows every promise of a program with hooks, which takes more time
// than the traffic itself; this runs steps one after another and nothing else.

/**
 * Runs `body`, which calls `step(sentence, work)` for each step and `after(work)` for what has to be
 * done in the end whatever happens. The first step that fails ends it; the program's exit code says so.
 * `work` may call `say(text)` to report what was measured.
 */
export async function scenario(name, body) {
    const cleaning = [];
    const say = (text) => console.log(`    ${text}`);
    console.log(name);
    const fail = (error) => {
        console.log(error.stack.replace(/^/gm, '    '));
        process.exitCode = 1;
    };
    try {
        await body({
            after: (work) => cleaning.unshift(work),
            step: async (sentence, work) => {
                const begin = performance.now();
                try {
                    await work({ say });
                    console.log(`  ✔ ${sentence} (${Math.round(performance.now() - begin)} ms)`);
                } catch (error) {
                    console.log(`  ✖ ${sentence}`);
                    throw error;
                }
            },
        });
    } catch (error) {
        fail(error);
    }
    for (const work of cleaning) await Promise.resolve().then(work).catch(fail);
}
