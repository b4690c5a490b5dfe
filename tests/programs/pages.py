"""How many KiB of a library's mappings are this process's own: pages.py LIBRARY"""
import re
import sys

dirty, end, of_library = 0, None, False
for line in open("/proc/self/smaps"):
    mapping = re.match(r"([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \S+ *(.*)", line)
    if mapping:
        # Its zeroed data follows the mapping of the file, without a name.
        named = mapping[3].endswith(sys.argv[1])
        of_library = named or (of_library and not mapping[3] and mapping[1] == end)
        end = mapping[2]
    elif of_library and line.startswith("Private_Dirty:"):
        dirty += int(line.split()[1])
print(dirty)
