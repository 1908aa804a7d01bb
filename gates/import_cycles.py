"""Which modules import each other in a circle."""

from collections.abc import Mapping, Sequence


def import_cycles(imports: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """Groups of modules that reach each other, each sorted, the largest first; a module importing itself is no cycle.

    Kosaraju's algorithm without recursion: import chains of customers' code can be longer than Python's stack.
    """
    backward: dict[str, list[str]] = {module: [] for module in imports}
    for module, targets in imports.items():
        for target in targets:
            if target in backward:
                backward[target].append(module)
    placed: set[str] = set()
    groups: list[tuple[str, ...]] = []
    for module in reversed(_finish_order(imports)):
        group = _reached(module, backward, placed)
        if len(group) > 1:
            groups.append(tuple(sorted(group)))
    return sorted(groups, key=lambda group: (-len(group), group))


def _finish_order(graph: Mapping[str, Sequence[str]]) -> list[str]:
    seen: set[str] = set()
    order: list[str] = []
    for root in sorted(graph):
        if root in seen:
            continue
        seen.add(root)
        stack = [(root, iter(graph[root]))]
        while stack:
            module, targets = stack[-1]
            following = next((target for target in targets if target in graph and target not in seen), None)
            if following is None:
                order.append(module)
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(graph[following])))
    return order


def _reached(root: str, graph: Mapping[str, Sequence[str]], placed: set[str]) -> list[str]:
    """All modules reachable from `root` that are not placed yet; they are placed."""
    if root in placed:
        return []
    placed.add(root)
    group, stack = [root], [root]
    while stack:
        for target in graph[stack.pop()]:
            if target not in placed:
                placed.add(target)
                group.append(target)
                stack.append(target)
    return group
