import { createSocket, type Socket } from 'node:dgram'
import { afterEach, test } from 'vitest'
import { endAll, freshDirectory, start } from './programs.js'

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
  const secret = { RIVERRAFT_SECRET: `the secret of ${cluster}` }
  const node = (...more: readonly string[]) =>
    start(['node', '--cluster', cluster, '--mdns', ...more], freshDirectory(), secret)
  const joiners = [node(), node()]
  const creator = node('--create')
  for (const joiner of joiners) {
    await joiner.seen(/found …\w{6} by mDNS at/)
    await joiner.seen(/is a voter now/)
  }
  await creator.ask('members', /(voter[\s\S]*){3}/)
  await joiners[0]!.ask('put river Rhine', /written:/)
  await joiners[1]!.ask('get river', /"Rhine"/)
})
