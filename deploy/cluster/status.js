// What the cluster looks like now, as lines of text, for the live screen of deploy/up.

const bar = (share, width = 24) => '█'.repeat(Math.round(share * width)).padEnd(width, '·');
const count = (number, unit) => `${String(number).padStart(7)} ${unit}`;

/** `rates` remembers the last counts, to show messages a second. */
export async function statusLines(cluster, rates) {
    const lines = [];
    const now = performance.now();
    const seconds = rates.at === undefined ? undefined : (now - rates.at) / 1000;
    rates.at = now;

    if (!cluster.plan.standalone) {
        try {
            const { view, digest, members, standby = [] } = await cluster.status();
            lines.push(`view ${view}, ring ${String(digest).slice(0, 16)}`);
            for (const { id, arcs, channels = 0 } of members) {
                const share = arcs / 65536;
                lines.push(`  ${id.padEnd(10)} ${bar(share)} ${(share * 100).toFixed(1).padStart(5)} %${count(channels, 'channels')}`);
            }
            for (const { id } of standby) lines.push(`  ${id.padEnd(10)} on standby`);
        } catch (error) {
            lines.push(`the cluster does not answer: ${error.message.split('\n')[0]}`);
        }
    }
    for (const gateway of cluster.gateways) {
        try {
            const { nodes } = await gateway.api('info');
            const { num_clients: clients, num_subs: subscriptions } = nodes.find(({ name }) => name === gateway.id) ?? nodes[0];
            const messages = await gateway.metric('ringcast_messages_out_total');
            const rate = seconds ? Math.round((messages - (rates[gateway.id] ?? messages)) / seconds) : 0;
            rates[gateway.id] = messages;
            lines.push(`  ${gateway.id.padEnd(10)} ${count(clients, 'clients')}${count(subscriptions, 'subscriptions')}${count(rate, 'messages/s out')}`);
        } catch {
            lines.push(`  ${gateway.id.padEnd(10)} does not answer`);
        }
    }
    for (const child of cluster.children()) {
        if (!child.running) lines.push(`  ${child.name} has ended (log: ${child.log})`);
    }
    return lines;
}
