/** A mistake on the command line or in a file that it names: one line that says what, where, and what to do. Exit code 2. */
export class BadInput extends Error {
  override readonly name = 'BadInput'
}
