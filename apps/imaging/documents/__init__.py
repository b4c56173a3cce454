"""Reports, key images, presentation states and PDF documents: what they say, safely."""
