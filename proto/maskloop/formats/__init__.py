"""Files people bring and take: pictures, COCO data sets, and writing a file whole or not at all. No torch here."""
