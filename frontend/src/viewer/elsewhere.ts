import {
  findRegistration,
  transformPoint,
  type ImagePlane,
  type RegistrationLink,
  type RegistrationSource,
  type RigidMatrix,
  type Vec3,
} from '@/geometry'

import { transformedPlane } from './volume/reformat'

/** How positions of one frame of reference lie in another; without a matrix they are the same. */
export interface Bridge {
  readonly matrix: RigidMatrix | null
  readonly by: RegistrationSource | null
}

/** From where a picture lies to where something else does, or null: nothing is guessed. */
export function bridgeTo(
  registrations: readonly RegistrationLink[],
  here: string | null,
  there: string,
): Bridge | null {
  if (here === null) return null
  if (here === there) return { matrix: null, by: null }
  return findRegistration(registrations, here, there)
}

export const onto = ({ matrix }: Bridge, plane: ImagePlane): ImagePlane =>
  matrix === null ? plane : transformedPlane(plane, matrix)

export const pointOnto = ({ matrix }: Bridge, point_lps: Vec3): Vec3 =>
  matrix === null ? point_lps : transformPoint(matrix, point_lps)
