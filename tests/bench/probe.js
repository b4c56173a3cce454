// Runs in every measured page before its own scripts, ours and theirs alike.
(() => {
  performance.setResourceTimingBufferSize(5000)
  const SIDE = 48
  const small = document.createElement('canvas')
  small.width = small.height = SIDE
  const context = small.getContext('2d', { willReadFrequently: true })
  const bench = { first_ms: null, levels: 0, scroll, resources, scriptBytes }
  window.__bench = bench

  // By the canvas's own pixels: asking where it lies would lay the page out in every frame.
  function largest() {
    let best = null
    for (const canvas of document.querySelectorAll('canvas')) {
      const area = canvas.width * canvas.height
      if (area < 40_000 || canvas.classList.contains('vw-masks')) continue
      if (best === null || area > best.width * best.height) best = canvas
    }
    return best
  }

  // The middle of what the canvas shows, as it is: shrinking all of it costs more than a frame of
  // time. Grey levels, and a sum that moves with the picture.
  function look(canvas) {
    context.fillRect(0, 0, SIDE, SIDE)
    const [x, y] = [(canvas.width - SIDE) / 2, (canvas.height - SIDE) / 2]
    context.drawImage(canvas, x, y, SIDE, SIDE, 0, 0, SIDE, SIDE)
    const { data } = context.getImageData(0, 0, SIDE, SIDE)
    const levels = new Set()
    let sum = 0
    for (let i = 0; i < data.length; i += 4) {
      levels.add(data[i])
      sum = (sum * 31 + data[i]) | 0
    }
    return { levels: levels.size, sum }
  }

  function watch() {
    const canvas = largest()
    if (canvas !== null && canvas.width > 0) {
      const { levels } = look(canvas)
      if (levels > 4) {
        bench.first_ms = performance.now()
        bench.levels = levels
        return
      }
    }
    requestAnimationFrame(watch)
  }
  requestAnimationFrame(watch)

  function resources() {
    return performance.getEntriesByType('resource').map(({ name }) => name)
  }

  function scriptBytes() {
    return performance
      .getEntriesByType('resource')
      .filter(({ name }) => /\.m?js(\?|$)/.test(name))
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)
  }

  // One wheel notch per animation frame, down and up again; how many pictures came of it.
  async function scroll(for_ms) {
    const canvas = largest()
    const box = canvas.getBoundingClientRect()
    const tasks = []
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries()))
    observer.observe({ type: 'longtask' })
    const started = performance.now()
    let [pictures, before, notches] = [0, look(canvas).sum, 0]
    while (performance.now() - started < for_ms) {
      const deltaY = Math.floor(notches / 100) % 2 === 0 ? 100 : -100
      notches += 1
      canvas.dispatchEvent(
        new WheelEvent('wheel', {
          deltaY,
          bubbles: true,
          cancelable: true,
          clientX: box.left + box.width / 2,
          clientY: box.top + box.height / 2,
        }),
      )
      await new Promise((resolve) => requestAnimationFrame(resolve))
      const { sum } = look(largest())
      if (sum !== before) pictures += 1
      before = sum
    }
    const took_s = (performance.now() - started) / 1000
    await new Promise((resolve) => setTimeout(resolve, 300))
    observer.disconnect()
    const long = tasks.filter(({ startTime }) => startTime >= started).length
    return { pictures_per_s: pictures / took_s, long_tasks: long }
  }
})()
