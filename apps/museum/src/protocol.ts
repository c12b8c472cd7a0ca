// What the museum and the child that runs a mutant say to each other.

export interface RunRequest {
  readonly seed: number
  readonly seconds: number
  /** Where to save the failure, made smaller; absent: it is not wanted. */
  readonly replayFile?: string
}

/** What a seed came to. */
export interface Finding {
  /** The name of the checker. */
  readonly property: string
  readonly message: string
  readonly atMs: number
  readonly size: Size
  /** When the replay was wanted. */
  readonly smallest?: Size
}

/** How long a run is: draws of its tapes that are not zero are what somebody has to read. */
export interface Size {
  readonly draws: number
  readonly simulatedMs: number
}

export interface RunAnswer {
  readonly seed: number
  readonly finding: Finding | undefined
  /** Of an error outside the simulated world. */
  readonly error?: string
}

/** Beside a replay: what happens in it, line by line. */
export function storyFile(replayFile: string): string {
  return replayFile.replace(/\.json$/, '.txt')
}
