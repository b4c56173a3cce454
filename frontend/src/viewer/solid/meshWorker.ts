import type { MeshAnswer, MeshOrder } from './mesher'
import { surfaceOf } from './surfaceNets'

self.onmessage = ({ data }: MessageEvent<MeshOrder>): void => {
  const answer = (message: MeshAnswer, moved: Transferable[] = []): void =>
    (self as unknown as Worker).postMessage(message, moved)
  try {
    const mesh = surfaceOf(data.mask)
    const moved = [mesh.positions.buffer, mesh.normals.buffer, mesh.triangles.buffer]
    answer({ job: data.job, mesh }, moved as ArrayBuffer[])
  } catch (error) {
    answer({ job: data.job, error: String(error) })
  }
}
