"""What the invented press of the bench writes with: places, names, sentences with room for figures, menus."""

ONSETS = (
    "An",
    "Bình",
    "Cẩm",
    "Đông",
    "Hòa",
    "Kim",
    "Lâm",
    "Minh",
    "Phú",
    "Sơn",
    "Tân",
    "Thạch",
    "Vân",
    "Xuân",
    "Yên",
)
ENDS = (
    "Bồng",
    "Cốc",
    "Dền",
    "Giàng",
    "Khê",
    "Lạc",
    "Mộc",
    "Ngà",
    "Phong",
    "Quế",
    "Sa",
    "Tranh",
    "Vĩ",
    "Xá",
    "Hạ",
)
FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ")
MIDDLE = ("Văn", "Thị", "Đức", "Minh", "Ngọc", "Quang", "Thu", "Hữu")
GIVEN = ("Hạnh", "Thắng", "Lan", "Dũng", "Hương", "Tuấn", "Mai", "Sơn", "Yến", "Khang", "Nga", "Lực")
LEVELS = ("Chi bộ thôn", "Đảng ủy xã", "Đảng bộ phường", "Đảng ủy xã", "Chi bộ tổ dân phố")
DOCUMENTS = (
    "Chỉ thị số {n}-CT/TW, ngày {d} của Ban Bí thư",
    "Nghị quyết số {n}-NQ/TW, ngày {d} của Bộ Chính trị",
    "Nghị quyết số {n}-NQ/TU, ngày {d} của Ban Thường vụ Tỉnh ủy",
    "Kế hoạch số {n}-KH/TU, ngày {d} của Tỉnh ủy",
)
SENTENCES = (
    "Ngày {d}, {who} {place} tổ chức hội nghị sơ kết {k} năm thực hiện {doc}.",
    "Dự hội nghị có đồng chí {name}, Bí thư Đảng ủy; đồng chí {name2} cùng {n} đại biểu của {k} chi bộ trực thuộc.",
    "Đến nay, {who} {place} có {n} đảng viên sinh hoạt tại {k} chi bộ, tăng {m} đảng viên so với đầu nhiệm kỳ.",
    "Trong {k} tháng, cấp ủy đã kiểm tra {m} tổ chức đảng và {n} đảng viên, phát hiện {k} trường hợp có thiếu sót.",
    "Đồng chí {name} cho biết: “Nhờ làm tốt công tác vận động, {n} hộ dân {place2} đã hiến {m} nghìn mét vuông đất.”",
    "Tại {place2}, mô hình sinh hoạt chi bộ theo chuyên đề được duy trì đều, tỷ lệ đảng viên dự họp đạt {p}%.",
    "Qua {k} đợt học tập, {n} đảng viên đã viết bản cam kết, trong đó {m} bản được chọn nêu gương ở {place2}.",
    "Thu nhập bình quân của {place2} đạt {m} triệu đồng mỗi người một năm, tỷ lệ hộ nghèo giảm còn {k},{m}%.",
    "Theo {name2}, khó khăn lớn nhất là {n} đảng viên trẻ đi làm xa, mỗi quý chỉ về sinh hoạt được {k} lần.",
    "Hội nghị đã nghe {k} tham luận của {place}, {place2} và thống nhất {m} giải pháp cho {k} tháng tới.",
    "Toàn xã có {n} quần chúng ưu tú được bồi dưỡng, kết nạp {m} đảng viên mới, vượt {p}% chỉ tiêu được giao.",
    "Phát biểu kết luận, {name} đề nghị các chi bộ {place2} rà soát {n} đầu việc, báo cáo trước ngày {d}.",
    "Con đường dài {n} mét nối {place} với {place2} do {m} đảng viên góp {k} ngày công đã thông xe.",
    "Từ nguồn quỹ {n} triệu đồng, {k} gia đình chính sách ở {place2} được sửa lại nhà trước mùa mưa.",
)
NEWS = (
    "{who} {place}: Kết nạp {n} đảng viên mới",
    "{place} sơ kết {k} năm thực hiện nghị quyết về công tác dân vận",
    "{name} dự sinh hoạt chi bộ ở {place}",
    "Chuyện {n} đảng viên {place} góp đất làm đường",
    "{who} {place} kiểm tra, giám sát {n} tổ chức đảng",
)
MENU = (
    "Thời sự", "Chính trị", "Kinh tế", "Văn hóa", "Xã hội", "Pháp luật", "Quốc phòng", "Giáo dục", "Y tế", "Thể thao",
    "Du lịch", "Môi trường", "Khoa học", "Đời sống", "Bạn đọc", "Truyền hình", "Phát thanh", "Báo in", "Đa phương tiện",
    "Quốc tế", "Nông thôn mới", "Chuyển đổi số", "Người tốt việc tốt", "Phóng sự",
)  # fmt: skip
