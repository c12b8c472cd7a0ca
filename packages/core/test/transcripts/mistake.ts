// A command that cannot be carried out: the transcript is wrong, not consensus.

export class Mistake extends Error {
  override readonly name: string = 'Mistake'
}
