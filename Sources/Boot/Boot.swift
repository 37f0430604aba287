// Seed; see DESIGN.md.
