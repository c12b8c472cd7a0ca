import { createSocket, type Socket } from 'node:dgram'
import { afterEach, expect, test } from 'vitest'
import { endAll, start } from './programs.js'

const GROUP = '224.0.0.251'
const PORT = 5353

afterEach(endAll)

/** Sends a datagram to the mDNS group from one socket to another; resolves with what is wrong, if anything is. */
async function multicastTrouble(): Promise<string | undefined> {
  const sockets: Socket[] = []
  try {
    const [receiver, sender] = await Promise.all([member(sockets), member(sockets)])
    const mark = Buffer.from(`riverraft ${process.pid}`)
    const arrived = new Promise<undefined>((resolve) => {
      receiver.on('message', (message) => message.equals(mark) && resolve(undefined))
    })
    const late = new Promise<string>((resolve) => {
      setTimeout(resolve, 2_000, 'a datagram to the mDNS group did not come back').unref()
    })
    await new Promise<void>((resolve, reject) => {
      sender.send(mark, PORT, GROUP, (error) => (error === null ? resolve() : reject(error)))
    })
    return await Promise.race([arrived, late])
  } catch (error) {
    return String(error)
  } finally {
    for (const socket of sockets) socket.close()
  }
}

function member(sockets: Socket[]): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    sockets.push(socket)
    socket.once('error', reject)
    socket.bind(PORT, () => {
      try {
        socket.addMembership(GROUP)
        resolve(socket)
      } catch (error) {
        reject(error as Error)
      }
    })
  })
}

test('with mDNS alone, nodes that know nothing but the name of the cluster find each other', async ({
  skip,
}) => {
  const trouble = await multicastTrouble()
  if (trouble !== undefined) {
    process.stdout.write(`mDNS is not tested: multicast is unavailable here (${trouble})\n`)
    skip(`multicast is unavailable: ${trouble}`)
  }
  // A name of its own: other runs on this network must not be met.
  const cluster = `mdns-${process.pid}-${Date.now()}`
  const nodes = [
    start(['node', '--cluster', cluster, '--mdns', '--create']),
    start(['node', '--cluster', cluster, '--mdns']),
    start(['node', '--cluster', cluster, '--mdns']),
  ]
  for (const node of nodes) await node.seen(/has the list of all 3 members/)
  for (const joiner of nodes.slice(1))
    expect(joiner.output).toMatch(/found …\w{6} (by mDNS|through another joiner) at/)
  await nodes[1]!.seen(/elected leader of term|follows .*, leader of term/)
  await nodes[1]!.ask('put river Rhine', /written:/)
  await nodes[2]!.ask('get river', /"Rhine"/)
})
