"""Files people bring and take: pictures, COCO data sets, and files written whole or not at all. No torch."""
