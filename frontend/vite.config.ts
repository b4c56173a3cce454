/// <reference types="vitest/config" />
import { fileURLToPath } from 'node:url'

import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

import { compressAssets } from './compress'

const source = fileURLToPath(new URL('./src', import.meta.url))
const backend = process.env.CONSILIUM_BACKEND ?? 'http://127.0.0.1:8000'
const backendPaths = ['/api', '/_allauth', '/accounts', '/dicomweb', '/pixels', '/livez', '/readyz']

export default defineConfig({
  plugins: [react(), compressAssets(fileURLToPath(new URL('./dist/assets', import.meta.url)))],
  resolve: {
    alias: {
      '@': source,
      // vtk.js reaches these two Node modules through xmlbuilder2. Without the
      // aliases the build is green and the page dies in the browser.
      events: 'events/',
      url: 'url/',
    },
  },
  worker: { format: 'es' },
  optimizeDeps: { include: ['@cornerstonejs/codec-openjph/wasmjs'] },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    sourcemap: false,
    // The server reads from it what a room loads first (config/frontend.py).
    manifest: true,
    // The strict Content-Security-Policy knows no data: scripts, and a small
    // inlined asset is never worth an exception.
    assetsInlineLimit: 0,
    // Cornerstone is one chunk of about 820 kB gzipped, loaded only for a graphics card.
    chunkSizeWarningLimit: 5000,
    rollupOptions: {
      output: {
        manualChunks: (id: string) => {
          if (/node_modules\/(react|react-dom|scheduler|react-router|react-router-dom)\//.test(id)) return 'react'
          if (/node_modules\/@mantine\/(core|hooks)\//.test(id)) return 'mantine'
          return undefined
        },
      },
    },
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      ...Object.fromEntries(backendPaths.map((path) => [path, { target: backend, changeOrigin: false }])),
      '/ws': { target: backend, ws: true, changeOrigin: false },
    },
  },
  test: {
    environment: 'jsdom',
    globals: false,
    setupFiles: ['src/app/testing/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
    // A shared build machine may be slow; a hanging test still ends.
    testTimeout: 60_000,
    pool: 'threads',
    maxWorkers: 2,
  },
})
