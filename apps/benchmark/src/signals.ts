// Ctrl-C and friends.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The first signal asks for an orderly end; a second one gets the default action: the end, at once. */
export function watchSignals(onSignal: (signal: NodeJS.Signals) => void): () => void {
  const listener = (signal: NodeJS.Signals) => {
    unwatch()
    onSignal(signal)
  }
  const unwatch = () => {
    for (const signal of SIGNALS) process.removeListener(signal, listener)
  }
  for (const signal of SIGNALS) process.on(signal, listener)
  return unwatch
}
