// A V8 CPU profile of this process, to be opened in Chrome's developer tools or an editor.
import { writeFile } from 'node:fs/promises'
import { Session } from 'node:inspector/promises'

const SAMPLE_EVERY_US = 250

export class Profiler {
  readonly #session = new Session()

  async start(): Promise<void> {
    this.#session.connect()
    await this.#session.post('Profiler.enable')
    await this.#session.post('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US })
    await this.#session.post('Profiler.start')
  }

  async stop(file: string): Promise<void> {
    const { profile } = await this.#session.post('Profiler.stop')
    this.#session.disconnect()
    await writeFile(file, JSON.stringify(profile))
  }
}
