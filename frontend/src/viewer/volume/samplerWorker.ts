import { LocalSampler, type Answer, type Order } from './sampler'

const sampler = new LocalSampler()

const answer = (message: Answer, moved: Transferable[] = []): void =>
  (self as unknown as Worker).postMessage(message, moved)

self.onmessage = ({ data }: MessageEvent<Order>): void => {
  switch (data.kind) {
    case 'hold':
      sampler.hold(data.id, data.volume)
      return
    case 'drop':
      sampler.drop(data.id)
      return
    case 'sample':
      sampler.sample(data.layers).then(
        (value) => answer({ job: data.job, value }, value.map(({ buffer }) => buffer as ArrayBuffer)),
        (error: unknown) => answer({ job: data.job, error: String(error) }),
      )
      return
    case 'brick':
      sampler.brick(data.volume, data.most).then(
        (value) => answer({ job: data.job, value }, [value.values.buffer as ArrayBuffer]),
        (error: unknown) => answer({ job: data.job, error: String(error) }),
      )
      return
    case 'firstSeen':
      sampler.firstSeen(data.glance).then(
        (value) => answer({ job: data.job, value }),
        (error: unknown) => answer({ job: data.job, error: String(error) }),
      )
      return
    case 'brightest':
      sampler.brightest(data.ray).then(
        (value) => answer({ job: data.job, value }),
        (error: unknown) => answer({ job: data.job, error: String(error) }),
      )
      return
  }
}
