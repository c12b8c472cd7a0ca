// A bare loop beside which the library is judged: batch, send, write, count answers. No terms, no log, no elections, no
// checksums, no recovery: an upper bound for anything that replicates from one node process.
import { connect, type Socket } from 'node:net'
import type { BarePlan } from '../control/commands.js'
import { Disk } from './disk.js'
import { frameOf, LENGTH_BYTES } from './frames.js'

/** Takes batches in order, and calls back when each is safe there. */
type Keeper = (frame: Buffer, done: () => void) => void

interface Batch {
  readonly resolves: readonly (() => void)[]
  answers: number
}

export async function startBareLeader({ ports, files, nodes }: BarePlan): Promise<BareLeader> {
  const local = ports.length === 0 ? nodes : 1
  const keepers: Keeper[] = []
  for (let i = 0; i < local; i++) keepers.push(await localKeeper(files[i]))
  for (const port of ports) keepers.push(await remoteKeeper(port))
  return new BareLeader(keepers)
}

export class BareLeader {
  readonly #keepers: readonly Keeper[]
  readonly #majority: number
  #commands: Uint8Array[] = []
  #resolves: (() => void)[] = []

  constructor(keepers: readonly Keeper[]) {
    this.#keepers = keepers
    this.#majority = Math.floor(keepers.length / 2) + 1
  }

  propose(command: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#resolves.push(resolve)
      if (this.#commands.push(command) === 1) setImmediate(this.#flush)
    })
  }

  readonly #flush = (): void => {
    const frame = frameOf(this.#commands)
    const batch: Batch = { resolves: this.#resolves, answers: 0 }
    this.#commands = []
    this.#resolves = []
    for (const keep of this.#keepers) keep(frame, () => this.#answered(batch))
  }

  #answered(batch: Batch): void {
    if (++batch.answers !== this.#majority) return
    for (const resolve of batch.resolves) resolve()
  }
}

async function localKeeper(file: string | undefined): Promise<Keeper> {
  if (file === undefined) return (_frame, done) => setImmediate(done)
  const disk = await Disk.create(file)
  return (frame, done) => disk.append(frame, done)
}

async function remoteKeeper(port: number): Promise<Keeper> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  const waiting: (() => void)[] = []
  onCounts(socket, (count) => {
    for (const done of waiting.splice(0, count)) done()
  })
  return (frame, done) => {
    waiting.push(done)
    socket.write(frame)
  }
}

function onCounts(socket: Socket, heard: (count: number) => void): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    for (; at + LENGTH_BYTES <= bytes.length; at += LENGTH_BYTES) heard(bytes.readUInt32LE(at))
    rest = bytes.subarray(at)
  })
}
