"""The AI Development Orchestrator's code location."""
