import { checkFile } from '../cli/corpus-check.js'
import { CorpusFolder } from '../cli/corpus-folder.js'
import { repository } from './repository.js'

/** Replays every entry of the repository's corpus: a check each. What does not hold is told as `seedfall corpus check` tells it. */
export async function checkCorpus(): Promise<{ passed: number; failed: number; complaints: string[] }> {
  const corpus = new CorpusFolder('corpus', repository)
  const complaints: string[] = []
  const files = corpus.files()
  for (const file of files) {
    const { verdict } = await checkFile(file, corpus.home)
    if (verdict.kind !== 'holds') complaints.push(`${file.path}: ${verdict.kind}: ${verdict.why}`)
  }
  return { passed: files.length - complaints.length, failed: complaints.length, complaints }
}
