import type { QueryClient } from '@tanstack/react-query'

import { caseOf, studiesOf } from '@/api/cases'
import { hangingsOf } from '@/api/hangings'
import { decoders } from '@/viewer/decoding/decoderPool'
import { loadPicture } from '@/viewer/pictures'
import { openingIndex } from '@/viewer/places'

import { CaseImages } from './caseImages'
import { factsOf } from './hanging/facts'
import { identitiesOf } from './hanging/identities'
import { hangCase } from './hanging/match'

/** What was just read of a case is good for this long. */
const FRESH_MS = 60_000

/** Brings the pictures here that a case opens with: of its hanging, or of the series asked for. */
export async function warmCase(
  client: QueryClient,
  images: CaseImages,
  caseId: string,
  { priority, series_instance_uid = null }: WarmOptions,
): Promise<void> {
  const [studies, patientCase, hangings] = await Promise.all([
    client.fetchQuery({ ...studiesOf(caseId), staleTime: FRESH_MS }),
    client.fetchQuery({ ...caseOf(caseId), staleTime: FRESH_MS }),
    client.fetchQuery(hangingsOf()),
  ])
  images.setStudies(studies)
  const identities = identitiesOf(studies, patientCase.guise !== 'identified')
  const facts = factsOf(studies, identities, patientCase.tumour_type)
  const cells = hangCase(facts, hangings)?.steps[0]?.cells ?? []
  const hung = cells.flatMap(({ series }) => (series === null ? [] : [series.uid]))
  const wanted = series_instance_uid === null ? hung : [series_instance_uid]
  const warm = async (uid: string): Promise<void> => {
    const series = await images.library.open(uid)
    const frame = series.frames[openingIndex(series)]
    if (frame) await loadPicture(frame.image_id, priority)
  }
  await Promise.all([...new Set(wanted)].map(warm))
}

interface WarmOptions {
  /** Smaller comes first (`requestQueue.ts`). */
  priority: number
  series_instance_uid?: string | null
}

let primed: { caseId: string; images: CaseImages } | null = null

/** Begins with the pictures of a case while the screen that will show them is still being built. */
export async function primeCase(
  client: QueryClient,
  caseId: string,
  options: WarmOptions,
): Promise<void> {
  decoders.warm()
  const images = new CaseImages(caseId)
  primed = { caseId, images }
  await warmCase(client, images, caseId, options)
}

/** Where a visit begins with what was primed for it; the next visit begins anew. */
export const PRIMED_SHELF = {
  of(caseId: string): CaseImages {
    const images = primed?.caseId === caseId ? primed.images : new CaseImages(caseId)
    primed = null
    return images
  },
}
