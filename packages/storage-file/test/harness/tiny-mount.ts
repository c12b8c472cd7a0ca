// A small file system of its own, where this process may mount one.
import { spawnSync } from 'node:child_process'
import { afterTest, temporaryDirectory } from './helpers.js'

/** Whether this process may mount: a superuser on Linux, outside of a container that forbids it. */
export const MAY_MOUNT: boolean = await mayMount()

async function mayMount(): Promise<boolean> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const name = `/tmp/riverraft-mount-${process.pid}`
  return (
    spawnSync('mkdir', [name]).status === 0 &&
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'riverraft', name]).status === 0 &&
    spawnSync('umount', [name]).status === 0 &&
    spawnSync('rmdir', [name]).status === 0
  )
}

/** An empty directory with that much room in it, unmounted after the test. */
export async function tinyMount(bytes: number): Promise<string> {
  const directory = await temporaryDirectory()
  run('mount', '-t', 'tmpfs', '-o', `size=${bytes}`, 'riverraft', directory)
  // Lazily: what a failed test has left open does not keep it.
  afterTest(async () => run('umount', '--lazy', directory))
  return directory
}

export function remount(directory: string, how: 'ro' | 'rw'): void {
  run('mount', '-o', `remount,${how}`, directory)
}

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
}
