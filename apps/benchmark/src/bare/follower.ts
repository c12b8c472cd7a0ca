// The bare loop's other end: receives batches, writes them if there is a disk, and says how many.
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { Disk } from './disk.js'
import { FrameCounter, LENGTH_BYTES } from './frames.js'

/** Listens on loopback, and resolves with the port. */
export async function followBare(file: string | null): Promise<number> {
  const disk = file === null ? undefined : await Disk.create(file)
  const server = createServer({ noDelay: true }, (socket) => answer(socket, disk))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

function answer(socket: Socket, disk: Disk | undefined): void {
  const counter = new FrameCounter()
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    const frames = counter.count(chunk)
    const acknowledge = (): void => {
      if (frames === 0 || socket.destroyed) return
      const count = Buffer.allocUnsafe(LENGTH_BYTES)
      count.writeUInt32LE(frames, 0)
      socket.write(count)
    }
    if (disk === undefined) acknowledge()
    else disk.append(chunk, acknowledge)
  })
}
