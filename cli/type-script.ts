/** Makes files in TypeScript loadable, when the process was started by bin.mjs or a worker's; elsewhere, as in a test runner, they are already. */
export async function readTypeScript(): Promise<void> {
  await (globalThis as { [key: symbol]: (() => Promise<void>) | undefined })[Symbol.for('seedfall.readTypeScript')]?.()
}
