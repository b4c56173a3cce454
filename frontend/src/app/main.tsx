import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import '@mantine/spotlight/styles.css'
import '@mantine/dates/styles.css'
import '@mantine/dropzone/styles.css'
import '@fontsource-variable/inter'
import '@/ui/tokens.css'
import '@/locales/i18n'

import { createRoot } from 'react-dom/client'

import { App } from './App'

// After an upgrade of the server a page that is still open asks for chunks that
// are gone. One reload fetches the new ones; a second failure is shown.
const RELOADED = 'consilium.reloadedForChunk'
window.addEventListener('vite:preloadError', (event) => {
  if (sessionStorage.getItem(RELOADED)) return
  sessionStorage.setItem(RELOADED, 'yes')
  event.preventDefault()
  window.location.reload()
})
window.addEventListener('load', () => setTimeout(() => sessionStorage.removeItem(RELOADED), 10_000))

const root = document.getElementById('root')
if (!root) throw new Error('index.html lost its #root element')
createRoot(root).render(<App />)
