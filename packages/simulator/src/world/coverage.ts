// "Sometimes" assertions: how often each fault and each branch of the protocol was really reached.

export class Coverage {
  readonly counts: Map<string, number> = new Map()

  hit(name: string, times = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + times)
  }

  count(name: string): number {
    return this.counts.get(name) ?? 0
  }
}
